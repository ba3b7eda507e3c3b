/** Where AWS's own tools look for credentials, in their order. Nothing of it is stored: each command looks anew. */
import type { HostContext } from 'tsmachine/driver';
import { type CredentialSource, type Found, firstCredentials } from 'tsmachine/driver/cloud';
import { containerCredentials, roleOfInstance } from './instance.ts';
import { profileCredentials } from './profile.ts';
import { type AwsFiles, readAwsFiles } from './profile-files.ts';
import { webIdentity } from './roles.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface ChainInput {
  readonly context: HostContext;
  readonly region: string;
  /** A profile by name; '' for `default`. */
  readonly profile: string;
  /** Given as flags; the first source of all. */
  given(): Promise<AwsCredentials | undefined>;
}

/** docker-machine's words. */
const NONE =
  'amazonec2 driver requires AWS credentials configured with the --amazonec2-access-key and --amazonec2-secret-key options, environment variables, ~/.aws/credentials, or an instance role';

export function findCredentials(input: ChainInput): Promise<Found<AwsCredentials>> {
  const { context, profile } = input;
  const name = profile || 'default';
  let files: Promise<AwsFiles> | undefined;
  const read = () => (files ??= readAwsFiles(context.platform));
  const flags = {
    name: 'the flags of its create',
    find: input.given,
    renewal: 'remove and create it anew, or give new keys in its secrets.json',
  };
  const environment = {
    name: 'the environment',
    find: async () => ofEnvironment(context.platform.env),
    renewal: 'set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN anew',
  };
  const chosen = {
    name: `profile ${JSON.stringify(name)}`,
    find: async () => profileCredentials({ ...input, files: await read() }, name),
    renewal: `aws sso login --profile ${name}, or what else the profile takes`,
  };
  const rest: CredentialSource<AwsCredentials>[] = [
    { name: 'a web identity', find: () => webIdentity(input), renewal: 'AWS_WEB_IDENTITY_TOKEN_FILE has to have a new token' },
    { name: 'the container', find: () => containerCredentials(context), renewal: 'the container service renews them' },
    { name: 'the role of this EC2 instance', find: () => roleOfInstance(context), renewal: 'EC2 renews them: try again in a minute' },
  ];
  // a profile that was asked for by name is not passed over for what the environment happens to have
  const order = profile === '' ? [flags, environment, chosen, ...rest] : [flags, chosen];
  return firstCredentials(order, profile === '' ? NONE : `AWS profile ${JSON.stringify(profile)} has no credentials`);
}

function ofEnvironment(env: Readonly<Record<string, string | undefined>>): AwsCredentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
