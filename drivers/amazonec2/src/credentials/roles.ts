/** Credentials of a role, from AWS's security token service. */
import { readFile } from 'node:fs/promises';
import { messageOf } from 'tsmachine/driver';
import { httpAnswer } from 'tsmachine/driver/cloud';
import { call } from '../api.ts';
import { stsService } from '../endpoints.ts';
import { type Parameters, queryBody } from '../query.ts';
import { parseXml, type XmlElement } from '../xml.ts';
import type { AwsCredentials, ChainInput } from './chain.ts';
import type { Section } from './profile-files.ts';
import { unusable } from './unusable.ts';

export async function assumeRole({ context, region }: ChainInput, profile: Section, source: AwsCredentials): Promise<AwsCredentials> {
  const { role_arn: RoleArn, role_session_name = 'tsmachine', external_id: ExternalId, duration_seconds: DurationSeconds } = profile;
  const named = { name: `the source of role ${RoleArn}`, find: async () => source, renewal: "renew the source profile's credentials" };
  const service = stsService(context.platform.env, region);
  const caller = { context, service, attempts: 3, credentials: async () => ({ value: source, source: named }) };
  const answer = await call(caller, 'AssumeRole', { RoleArn, RoleSessionName: role_session_name, ExternalId, DurationSeconds });
  return credentialsOf(answer.find('AssumeRoleResult'));
}

/** A token in a file, as Kubernetes and CI systems give it: `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`. The call is not signed. */
export async function webIdentity({ context, region }: ChainInput): Promise<AwsCredentials | undefined> {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: RoleArn, AWS_ROLE_SESSION_NAME } = context.platform.env;
  if (!file || !RoleArn) return undefined;
  const WebIdentityToken = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unusable('web identity', `${file}: ${messageOf(error)}`);
  });
  const parameters: Parameters = {
    RoleArn,
    RoleSessionName: AWS_ROLE_SESSION_NAME || 'tsmachine',
    WebIdentityToken: WebIdentityToken.trim(),
  };
  const { endpoint, version } = stsService(context.platform.env, region);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = queryBody('AssumeRoleWithWebIdentity', version, parameters);
  const answer = await httpAnswer(context, endpoint, { method: 'POST', headers, body });
  if (answer.status !== 200) throw unusable('web identity', `${parseXml(answer.text).value('Error/Code') || `status ${answer.status}`}`);
  return credentialsOf(parseXml(answer.text).find('AssumeRoleWithWebIdentityResult'));
}

function credentialsOf(result: XmlElement | undefined): AwsCredentials {
  const value = (name: string) => result?.value(`Credentials/${name}`) ?? '';
  const credentials = { accessKeyId: value('AccessKeyId'), secretAccessKey: value('SecretAccessKey'), sessionToken: value('SessionToken') };
  if (credentials.accessKeyId === '' || credentials.secretAccessKey === '') throw unusable('role', 'STS gave no credentials');
  return credentials;
}
