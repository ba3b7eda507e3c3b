/** The credentials of a profile: keys, a role assumed with another's, SSO, a program. */
import { messageOf } from 'tsmachine/driver';
import type { AwsCredentials, ChainInput } from './chain.ts';
import { containerCredentials, roleOfInstance } from './instance.ts';
import type { AwsFiles, Section } from './profile-files.ts';
import { assumeRole } from './roles.ts';
import { ssoCredentials } from './sso.ts';
import { unusable } from './unusable.ts';

export interface ProfileInput extends ChainInput {
  readonly files: AwsFiles;
}

/** Undefined when there is no such profile, or when it says nothing of credentials. Throws CLOUD_CREDENTIALS. */
export async function profileCredentials(
  input: ProfileInput,
  name: string,
  seen: readonly string[] = [],
): Promise<AwsCredentials | undefined> {
  const profile = input.files.profiles[name];
  if (!profile) {
    if (name !== 'default' || seen.length > 0) throw unusable(name, 'there is no such profile');
    return undefined;
  }
  if (profile.role_arn && (profile.source_profile || profile.credential_source)) {
    const asked = [...seen, name];
    const isSelf = profile.source_profile === name; // its own keys, then
    if (!isSelf && profile.source_profile && asked.includes(profile.source_profile))
      throw unusable(name, `source_profile leads in a circle`);
    const source = isSelf ? keysOf(profile) : await sourceOf(input, profile, asked);
    if (!source) throw unusable(name, 'what it assumes its role with has no credentials');
    return assumeRole(input, profile, source);
  }
  const keys = keysOf(profile);
  if (keys) return keys;
  if (profile.sso_account_id || profile.sso_session || profile.sso_start_url) return ssoCredentials(input, name, profile);
  if (profile.credential_process) return ofProgram(input, name, profile.credential_process);
  return undefined;
}

const keysOf = ({ aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, aws_session_token: sessionToken }: Section) =>
  accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } : undefined;

async function sourceOf(input: ProfileInput, profile: Section, seen: readonly string[]): Promise<AwsCredentials | undefined> {
  if (profile.source_profile) return profileCredentials(input, profile.source_profile, seen);
  const {
    AWS_ACCESS_KEY_ID: accessKeyId = '',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
    AWS_SESSION_TOKEN: token,
  } = input.context.platform.env;
  if (profile.credential_source === 'Environment')
    return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) } : undefined;
  if (profile.credential_source === 'Ec2InstanceMetadata') return roleOfInstance(input.context);
  if (profile.credential_source === 'EcsContainer') return containerCredentials(input.context);
  return undefined;
}

/** The program's words are split as a shell would, and no shell sees them. Its answer: AWS's "Version": 1. */
async function ofProgram({ context }: ProfileInput, name: string, command: string): Promise<AwsCredentials> {
  const [program = '', ...words] = wordsOf(command);
  let stdout: string;
  try {
    ({ stdout } = await context.runner.run(program, words, { signal: context.signal, timeout: 60_000 }));
  } catch (error) {
    context.signal.throwIfAborted();
    throw unusable(name, `credential_process: ${messageOf(error)}`);
  }
  const said = parsed(stdout);
  if (said?.Version !== 1 || !said.AccessKeyId || !said.SecretAccessKey)
    throw unusable(name, 'credential_process: expected JSON of "Version": 1');
  if (said.Expiration && Date.parse(said.Expiration) < context.clock.now()) throw unusable(name, 'credential_process: they have expired');
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken } = said;
  return { accessKeyId, secretAccessKey, ...(SessionToken ? { sessionToken: SessionToken } : {}) };
}

interface ProcessAnswer {
  Version?: number;
  AccessKeyId?: string;
  SecretAccessKey?: string;
  SessionToken?: string;
  Expiration?: string;
}

function parsed(text: string): ProcessAnswer | undefined {
  try {
    return JSON.parse(text) as ProcessAnswer;
  } catch {
    return undefined;
  }
}

/** Blanks divide, quotes of both kinds hold together, a backslash takes the next character as it is outside single ones. */
export function wordsOf(command: string): string[] {
  const words: string[] = [];
  for (const [piece] of command.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/gs))
    words.push(
      piece.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs, (_, double?: string, single?: string, one?: string) =>
        double === undefined ? (single ?? one ?? '') : double.replace(/\\(["\\$`])/g, '$1'),
      ),
    );
  return words;
}
