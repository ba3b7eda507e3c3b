/** How a machine's account is reached: its region, endpoint and credentials. */
import { type HostContext, MachineError } from 'tsmachine/driver';
import type { Found } from 'tsmachine/driver/cloud';
import { type AwsCaller, call } from './api.ts';
import { type AwsCredentials, findCredentials } from './credentials/chain.ts';
import { ec2Service, stsService } from './endpoints.ts';
import type { Ec2 } from './instances.ts';
import type { Ec2State } from './state.ts';

export interface Account {
  readonly ec2: Ec2;
  /** The AWS account's number; '' where an endpoint of the user's has no security token service beside it. */
  accountId(): Promise<string>;
}

type Access = Pick<Ec2State, 'Region' | 'Endpoint' | 'DisableSSL' | 'RetryCount' | 'Profile' | 'AccessKey' | 'SecretKey' | 'SessionToken'>;

/** `secret`: as `DriverContext.secret`. Credentials are looked for once, at the first call. */
export function openAccount(context: HostContext, state: Access, secret: (flag: string) => Promise<string>): Account {
  const { env } = context.platform;
  const attempts = Math.max(0, state.RetryCount) + 1;
  let found: Promise<Found<AwsCredentials>> | undefined;
  const input = { context, region: state.Region, profile: state.Profile, given: () => givenCredentials(state, secret) };
  const credentials = () => (found ??= findCredentials(input));
  const caller = (service: AwsCaller['service']): AwsCaller => ({ context, service, attempts, credentials });
  const ec2 = caller(ec2Service(env, state.Region, state.Endpoint, state.DisableSSL));
  return {
    ec2: (action, parameters, expected) => call(ec2, action, parameters, expected),
    async accountId() {
      if (state.Endpoint !== '' && !env.AWS_ENDPOINT_URL_STS && !env.AWS_ENDPOINT_URL) return '';
      const answer = await call(caller(stsService(env, state.Region)), 'GetCallerIdentity', {});
      return answer.value('GetCallerIdentityResult/Account');
    },
  };
}

/** Flags of the create; what docker-machine wrote into its own machines. */
async function givenCredentials(state: Access, secret: (flag: string) => Promise<string>): Promise<AwsCredentials | undefined> {
  const accessKeyId = (await secret('amazonec2-access-key')) || state.AccessKey;
  const secretAccessKey = (await secret('amazonec2-secret-key')) || state.SecretKey;
  const sessionToken = (await secret('amazonec2-session-token')) || state.SessionToken;
  if (accessKeyId === '' || secretAccessKey === '') return undefined; // docker-machine: both or none
  return { accessKeyId, secretAccessKey, ...(sessionToken === '' ? {} : { sessionToken }) };
}

/** What credentials of another account do not see is not gone. Throws CLOUD_ACCOUNT. */
export async function refuseOtherAccount(account: Account, expected: string): Promise<void> {
  if (expected === '') return;
  const found = await account.accountId();
  if (found === '' || found === expected) return;
  throw new MachineError(
    'CLOUD_ACCOUNT',
    `expected credentials of AWS account ${expected}, where the machine is, found those of ${found}`,
    {
      hint: 'use the profile or the variables that the machine was made with',
    },
  );
}
