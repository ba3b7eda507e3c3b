/** IAM Identity Center: the token that `aws sso login` left in its cache, exchanged for credentials of the profile's role. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MachineError } from 'tsmachine/driver';
import { httpAnswer } from 'tsmachine/driver/cloud';
import type { AwsCredentials } from './chain.ts';
import type { ProfileInput } from './profile.ts';
import type { Section } from './profile-files.ts';
import { unusable } from './unusable.ts';

/** Throws CLOUD_CREDENTIALS, which says to log in again where that helps. */
export async function ssoCredentials(input: ProfileInput, name: string, profile: Section): Promise<AwsCredentials> {
  const session = profile.sso_session === undefined ? profile : input.files.ssoSessions[profile.sso_session];
  if (!session) throw unusable(name, `there is no [sso-session ${profile.sso_session}]`);
  const { sso_region: region = '', sso_start_url: start = '' } = session;
  const { sso_account_id: account = '', sso_role_name: role = '' } = profile;
  if (!/^[a-z0-9-]+$/.test(region) || start === '' || account === '' || role === '')
    throw unusable(name, 'expected sso_region, sso_start_url, sso_account_id and sso_role_name');
  const token = await cachedToken(input, name, profile.sso_session ?? start);
  const { env } = input.context.platform;
  const base = env.AWS_ENDPOINT_URL_SSO || `https://portal.sso.${region}.${domainOf(region)}`;
  const url = `${base}/federation/credentials?${new URLSearchParams({ role_name: role, account_id: account })}`;
  const answer = await httpAnswer(input.context, url, { headers: { 'x-amz-sso_bearer_token': token } });
  if (answer.status === 401) throw expired(name);
  const { roleCredentials: made } = (answer.status === 200 ? JSON.parse(answer.text) : {}) as {
    roleCredentials?: Partial<Record<keyof AwsCredentials, string>>;
  };
  if (!made?.accessKeyId || !made.secretAccessKey)
    throw unusable(name, `SSO gives no credentials of role ${role} (status ${answer.status})`);
  const { accessKeyId, secretAccessKey, sessionToken } = made;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/** Expired ones are not renewed here: that would make the cache's own refresh token worthless for AWS's tools. */
async function cachedToken({ context }: ProfileInput, name: string, key: string): Promise<string> {
  const file = join(context.platform.home, '.aws', 'sso', 'cache', `${createHash('sha1').update(key).digest('hex')}.json`);
  const cache = await readFile(file, 'utf8')
    .then((text) => JSON.parse(text) as { accessToken?: string; expiresAt?: string })
    .catch(() => undefined);
  if (!cache?.accessToken || !(Date.parse(cache.expiresAt ?? '') > context.clock.now())) throw expired(name);
  return cache.accessToken;
}

const domainOf = (region: string): string => (region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com');

function expired(name: string): MachineError {
  return new MachineError('CLOUD_CREDENTIALS', `AWS profile ${JSON.stringify(name)}: its SSO login has expired`, {
    hint: `aws sso login --profile ${name}`,
  });
}
