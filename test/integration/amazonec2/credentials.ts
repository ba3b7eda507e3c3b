/** Credentials as AWS's own tools have them, and how a refusal is told. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseXml } from '../../../drivers/amazonec2/src/xml.ts';
import { type AwsCall, type FakeAws, type Fate, sharedAws } from '../../support/moto.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { ec2Store } from './machines.ts';

let aws: FakeAws;

const OTHER_ACCOUNT = '<R><GetCallerIdentityResult><Account>999999999999</Account></GetCallerIdentityResult></R>';

const NONE = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };

/** A home with these files in ~/.aws. */
function homeWith(files: Record<string, string>): string {
  const home = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(home, '.aws', name, '..'), { recursive: true });
    writeFileSync(join(home, '.aws', name), content);
  }
  return home;
}

/** The access key that a create signs its first calls with; it is told nothing more. */
async function keyOf(env: Record<string, string>, home?: string, flags = {}): Promise<string> {
  const { create } = await ec2Store(aws, { env: { ...NONE, ...env }, ...(home === undefined ? {} : { home }) });
  aws.fate = ({ action }) => (action === 'DescribeInstanceTypes' ? { status: 400, code: 'Enough' } : 'pass');
  await create('one', flags).catch((error: Error) => {
    if (!error.message.includes('Enough')) throw error;
  });
  return aws.calls.findLast(({ action }) => action === 'DescribeInstanceTypes')?.key ?? '';
}

/** Answers by path; each request must bring these headers. */
async function serve(answers: Record<string, (asked: IncomingMessage) => string | undefined>): Promise<{ url: string; server: Server }> {
  const server = createServer((asked: IncomingMessage, answer: ServerResponse) => {
    const said = answers[`${asked.method} ${(asked.url ?? '').split('?')[0]}`]?.(asked);
    answer.writeHead(said === undefined ? 404 : 200).end(said);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('credentials', () => {
  beforeAll(async () => {
    aws = await sharedAws();
  });
  beforeEach(() => aws.reset());
  afterEach(() => aws.wipe());

  it.each([
    ['the environment', { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's' }, 'AKIAENV'],
    ['the default profile', {}, 'AKIADEFAULT'],
    ['a profile by name', { AWS_PROFILE: 'work' }, 'AKIAWORK'],
    ['a program', { AWS_PROFILE: 'program' }, 'AKIAPROGRAM'],
  ])('come from %s', async (_, env, key) => {
    const home = homeWith({
      credentials:
        '[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s\n[work]\naws_access_key_id=AKIAWORK\naws_secret_access_key=s\n',
      config: `[profile program]\ncredential_process = /bin/sh -c 'echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"AKIAPROGRAM\\", \\"SecretAccessKey\\": \\"s\\"}"'\n`,
    });
    const flags = 'AWS_PROFILE' in env ? { 'amazonec2-profile': env.AWS_PROFILE } : {};
    expect(await keyOf(env, home, flags)).toBe(key);
  });

  it('come from a role that another profile assumes', async () => {
    const home = homeWith({
      config: '[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n',
      credentials: '[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n',
    });
    expect(await keyOf({}, home, { 'amazonec2-profile': 'role' })).toMatch(/^ASIA/);
    expect(aws.calls.find(({ action }) => action === 'AssumeRole')?.key).toBe('AKIABASE');
  });

  it('come from the cache of an SSO login, and one that has expired is named', async () => {
    const cache = (until: string) => ({
      config:
        '[profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = admin\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example/start\n',
      [`sso/cache/${createHash('sha1').update('corp').digest('hex')}.json`]: JSON.stringify({ accessToken: 'token', expiresAt: until }),
    });
    const { url, server } = await serve({
      'GET /federation/credentials': ({ headers }) =>
        headers['x-amz-sso_bearer_token'] === 'token'
          ? JSON.stringify({ roleCredentials: { accessKeyId: 'ASIASSO', secretAccessKey: 's', sessionToken: 't' } })
          : undefined,
    });
    const env = { AWS_ENDPOINT_URL_SSO: url };
    expect(await keyOf(env, homeWith(cache('2999-01-01T00:00:00Z')), { 'amazonec2-profile': 'sso' })).toBe('ASIASSO');
    await expect(keyOf(env, homeWith(cache('2020-01-01T00:00:00Z')), { 'amazonec2-profile': 'sso' })).rejects.toMatchObject({
      message: expect.stringContaining('SSO login has expired'),
      hint: 'aws sso login --profile sso',
    });
    server.close();
  });

  it("come from the instance's role by IMDSv2, and from a container's service", async () => {
    const keys = (AccessKeyId: string) => JSON.stringify({ AccessKeyId, SecretAccessKey: 's', Token: 't' });
    const withToken = (said: string) => (asked: IncomingMessage) =>
      asked.headers['x-aws-ec2-metadata-token'] === 'imds' ? said : undefined;
    const { url, server } = await serve({
      'PUT /latest/api/token': () => 'imds',
      'GET /latest/meta-data/iam/security-credentials/': withToken('my-role'),
      'GET /latest/meta-data/iam/security-credentials/my-role': withToken(keys('ASIAROLE')),
      'GET /container': ({ headers }) => (headers.authorization === 'pod' ? keys('ASIAPOD') : undefined),
    });
    const imds = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
    expect(await keyOf(imds)).toBe('ASIAROLE');
    aws.reset();
    expect(await keyOf({ ...imds, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container`, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod' })).toBe(
      'ASIAPOD',
    );
    server.close();
  });

  it('that are nowhere are told in docker-machine’s words, with the places that were looked at', async () => {
    const { create } = await ec2Store(aws, { env: NONE });
    await expect(create('one')).rejects.toMatchObject({
      message: expect.stringContaining('amazonec2 driver requires AWS credentials configured with the --amazonec2-access-key'),
      hint: expect.stringContaining('the environment, profile "default"'),
    });
    expect(aws.calls).toEqual([]);
  });

  it('of the environment are nowhere in the store; given as flags they are in a 0600 file alone', async () => {
    const { create, root } = await ec2Store(aws, { env: { AWS_SECRET_ACCESS_KEY: 'a-very-secret-word' } });
    await create('one');
    await create('two', {}, { 'amazonec2-access-key': { value: 'AKIAFLAG' }, 'amazonec2-secret-key': { value: 'another-secret-word' } });
    expect(aws.calls.at(-1)?.key).toBe('AKIAFLAG');
    const holders: string[] = [];
    for (const { parentPath, name } of (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())) {
      const path = join(parentPath, name);
      if (/a-very-secret-word|another-secret-word|AKIA/.test(await readFile(path, 'latin1'))) holders.push(path);
    }
    expect(holders).toEqual([join(root, 'machines/two/secrets.json')]);
    expect((await stat(holders[0] ?? '')).mode & 0o777).toBe(0o600);
  });

  it('that were rotated are picked up by the next command', async () => {
    const home = homeWith({ credentials: '[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = s\n' });
    const { create, machines } = await ec2Store(aws, { env: NONE, home });
    await create('one');
    aws.reset();
    aws.fate = ({ key }: AwsCall) => (key === 'AKIAOLD' ? { status: 401, code: 'AuthFailure' } : 'pass');
    writeFileSync(join(home, '.aws/credentials'), '[default]\naws_access_key_id = AKIANEW\naws_secret_access_key = s\n');
    await machines.remove('one', { force: false });
    expect(new Set(aws.calls.map(({ key }) => key))).toEqual(new Set(['AKIANEW']));
  });

  it('that AWS refuses are named with their source and the reason, and not tried again', async () => {
    const { create, machines } = await ec2Store(aws);
    await create('one');
    const refusals = {
      RequestExpired: 'they have expired',
      ExpiredToken: 'they have expired',
      InvalidClientTokenId: 'they are not known or were revoked',
      AuthFailure: 'they are not known or were revoked',
    };
    for (const [code, why] of Object.entries(refusals)) {
      aws.reset();
      aws.fate = () => ({ status: 401, code });
      const machine = await machines.load('one');
      await expect(machine.state(), code).rejects.toMatchObject({
        code: 'CLOUD_CREDENTIALS',
        message: expect.stringContaining(`AWS refused the credentials from the environment: ${why}`),
        hint: expect.stringContaining('AWS_ACCESS_KEY_ID'),
      });
      expect(aws.calls).toHaveLength(1);
      await machine.close();
    }
  });

  it('of another account do not make a machine seem to be gone', async () => {
    const { create, machines } = await ec2Store(aws);
    await create('one');
    await aws.wipe();
    const machine = await machines.load('one');
    expect(await machine.state()).toBe('Error'); // this account no longer has it
    await machine.close();
    const other = ({ action }: AwsCall): Fate => (action === 'GetCallerIdentity' ? { status: 200, body: OTHER_ACCOUNT } : 'pass');
    aws.fate = other;
    const again = await machines.load('one');
    const refusal = { code: 'CLOUD_ACCOUNT', message: expect.stringContaining('expected credentials of AWS account 123456789012') };
    await expect(again.state()).rejects.toMatchObject(refusal);
    await expect(machines.remove('one', { force: false })).rejects.toMatchObject(refusal);
    await again.close();
  });

  it('sign so that the signature can be verified', async () => {
    await aws.ask('CreateUser', { UserName: 'me' }, 'iam');
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });
    await aws.ask('PutUserPolicy', { UserName: 'me', PolicyName: 'all', PolicyDocument: policy }, 'iam');
    const key = parseXml(await aws.ask('CreateAccessKey', { UserName: 'me' }, 'iam')).find('CreateAccessKeyResult/AccessKey');
    const verify = (count: string) => fetch(`${aws.direct}/moto-api/reset-auth`, { method: 'POST', body: count });
    const keys = {
      AWS_ENDPOINT_URL: aws.direct,
      AWS_ACCESS_KEY_ID: key?.value('AccessKeyId') ?? '',
      AWS_SECRET_ACCESS_KEY: key?.value('SecretAccessKey') ?? '',
    };
    try {
      await verify('0');
      const { create, machines } = await ec2Store(aws, { env: keys });
      await create('one', { 'amazonec2-ami': 'ami-00000000000000002' }); // moto encodes the form anew, and a * differently
      await machines.remove('one', { force: false });
      const forged = await ec2Store(aws, { env: { ...keys, AWS_SECRET_ACCESS_KEY: 'another' } });
      await expect(forged.create('two')).rejects.toMatchObject({
        message: expect.stringContaining('the secret key is not that of the access key'),
      });
    } finally {
      await verify('inf');
    }
  });
});
