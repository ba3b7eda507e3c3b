/** Credentials that AWS gives to what runs in AWS: containers, and instances with a role. */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { HostContext } from 'tsmachine/driver';
import { httpAnswer, NoAnswer } from 'tsmachine/driver/cloud';
import type { AwsCredentials } from './chain.ts';
import { unusable } from './unusable.ts';

/** Elsewhere nobody answers at the metadata service's address. */
const QUICK = { timeout: 1000, largest: 1 << 20 };

/** By IMDSv2 alone. Undefined where there is no such service, or no role. */
export async function roleOfInstance(context: HostContext): Promise<AwsCredentials | undefined> {
  const { env } = context.platform;
  if (env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') return undefined;
  const base = (env.AWS_EC2_METADATA_SERVICE_ENDPOINT || 'http://169.254.169.254').replace(/\/$/, '');
  const get = async (path: string, init: RequestInit) => httpAnswer(context, `${base}/latest/${path}`, init, QUICK);
  try {
    const token = await get('api/token', { method: 'PUT', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' } });
    if (token.status !== 200) return undefined;
    const headers = { 'x-aws-ec2-metadata-token': token.text };
    const role = await get('meta-data/iam/security-credentials/', { headers });
    const name = role.text.split('\n')[0]?.trim() ?? '';
    if (role.status !== 200 || !/^[\w+=,.@-]+$/.test(name)) return undefined;
    const answer = await get(`meta-data/iam/security-credentials/${name}`, { headers });
    return answer.status === 200 ? credentialsOf(answer.text, 'the role of this EC2 instance') : undefined;
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  }
}

/** ECS, EKS pod identity: `AWS_CONTAINER_CREDENTIALS_*`. Over plain HTTP only from this computer and the services' own addresses. */
export async function containerCredentials(context: HostContext): Promise<AwsCredentials | undefined> {
  const { env } = context.platform;
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const url = relative ? `http://169.254.170.2${relative}` : env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (!url) return undefined;
  if (!URL.canParse(url) || !isTrusted(new URL(url))) throw unusable('container', `${url}: expected https, or an address of this computer`);
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  const authorization = file ? (await readFile(file, 'utf8')).trim() : env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  const answer = await httpAnswer(context, url, authorization ? { headers: { authorization } } : {}, { ...QUICK, timeout: 5000 });
  if (answer.status !== 200) throw unusable('container', `status ${answer.status}`);
  return credentialsOf(answer.text, 'container');
}

function isTrusted({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return (
    ['localhost', '169.254.170.2', '169.254.170.23', 'fd00:ec2::23', '::1'].includes(address) ||
    (isIP(address) === 4 && address.startsWith('127.'))
  );
}

function credentialsOf(text: string, place: string): AwsCredentials {
  const { AccessKeyId, SecretAccessKey, Token } = JSON.parse(text) as { AccessKeyId?: string; SecretAccessKey?: string; Token?: string };
  if (!AccessKeyId || !SecretAccessKey) throw unusable(place, 'its answer has no keys');
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, ...(Token ? { sessionToken: Token } : {}) };
}
