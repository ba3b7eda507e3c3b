/**
 * AWS as the tests have it: moto's server, and in front of it a proxy that counts calls and injects what goes wrong in real life. What
 * moto does not do it does too: the same launch or termination gives the first answer again, and consoles show what the test says.
 */
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { parseXml } from '../../drivers/amazonec2/src/xml.ts';
import { freePort } from './free-port.ts';
import { temporaryFolder } from './temporary.ts';

const PROGRAM = resolve(import.meta.dirname, '../../.cache/moto/bin/moto_server');

export interface AwsCall {
  readonly action: string;
  readonly form: URLSearchParams;
  /** Access key that signed it. */
  readonly key: string;
  /** Counted from 1. */
  readonly number: number;
}

/** What becomes of a call. `lost`: it is carried out, and its answer cut off. */
export type Fate =
  | 'pass'
  | 'cut'
  | 'lost'
  | 'silence'
  | { readonly status: number; readonly body: string }
  | { readonly status: number; readonly code: string; readonly message?: string; readonly headers?: Record<string, string> };

export interface FakeAws {
  readonly url: string;
  /** moto itself, past the proxy. */
  readonly direct: string;
  readonly calls: AwsCall[];
  /** Decides about each call; back to `pass` by `reset`. */
  fate: (call: AwsCall) => Fate | Promise<Fate>;
  /** Told each answer before its caller has it. */
  answered: (call: AwsCall, answer: string) => void | Promise<void>;
  console: (instance: string) => string;
  /** Forgets calls and fates; moto keeps what it has. */
  reset(): void;
  /** All that moto has of the kinds that drivers make: `instance i-… running`, `key pair …` and so on. */
  objects(): Promise<string[]>;
  /** A call of the test's own, past the proxy. */
  ask(action: string, form?: Record<string, string>, service?: 'ec2' | 'iam'): Promise<string>;
  /** moto forgets everything. */
  wipe(): Promise<void>;
  stop(): void;
}

export const REGION = 'eu-central-1';

/** As Debian and Ubuntu publish them. */
const image = (ami_id: string, name: string, owner_id: string, architecture: string, root_device_name: string, creation_date: string) => ({
  ami_id,
  name,
  owner_id,
  architecture,
  root_device_name,
  creation_date,
  state: 'available',
  public: true,
  virtualization_type: 'hvm',
  hypervisor: 'xen',
  root_device_type: 'ebs',
  image_location: name,
  description: name,
  image_type: 'machine',
  platform: null,
  sriov: 'simple',
});
const UBUNTU = '099720109477';
const DEBIAN = '136693071363';
const IMAGES = [
  image(
    'ami-00000000000000001',
    'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260101',
    UBUNTU,
    'x86_64',
    '/dev/sda1',
    '2026-01-01T00:00:00.000Z',
  ),
  image(
    'ami-00000000000000002',
    'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261101',
    UBUNTU,
    'x86_64',
    '/dev/sda1',
    '2026-11-01T00:00:00.000Z',
  ),
  image(
    'ami-00000000000000003',
    'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20261101',
    UBUNTU,
    'arm64',
    '/dev/sda1',
    '2026-11-01T00:00:00.000Z',
  ),
  image('ami-00000000000000004', 'debian-12-amd64-20261001-1', DEBIAN, 'x86_64', '/dev/xvda', '2026-10-01T00:00:00.000Z'),
  image('ami-00000000000000005', 'debian-13-amd64-20261001-1', DEBIAN, 'x86_64', '/dev/xvda', '2026-10-01T00:00:00.000Z'),
  image('ami-00000000000000006', 'debian-13-arm64-20261001-1', DEBIAN, 'arm64', '/dev/xvda', '2026-10-01T00:00:00.000Z'),
  image('ami-00000000000000007', 'debian-13-amd64-20271001-1', '666666666666', 'x86_64', '/dev/xvda', '2027-10-01T00:00:00.000Z'),
];

export async function startAws(): Promise<FakeAws> {
  const { port, stop } = await startMoto();
  const known = new Map<string, string>();
  const aws: FakeAws = {
    url: '',
    direct: `http://127.0.0.1:${port}`,
    calls: [],
    fate: () => 'pass',
    answered: () => {},
    console: () => '',
    reset() {
      aws.calls.length = 0;
      Object.assign(aws, { fate: () => 'pass', answered: () => {}, console: () => '' });
    },
    objects: () => objectsOf(aws),
    async ask(action, form = {}, service = 'ec2') {
      const body = new URLSearchParams({ Action: action, Version: service === 'ec2' ? '2016-11-15' : '2010-05-08', ...form });
      return (await forward(port, body.toString(), signedFor(service))).body;
    },
    wipe: async () => void (await fetch(`http://127.0.0.1:${port}/moto-api/reset`, { method: 'POST' })),
    stop() {
      server.closeAllConnections();
      server.close();
      stop();
    },
  };
  const server = createServer((asked, answer) => {
    handle(aws, port, known, asked, answer).catch((error: unknown) => answer.destroy(error as Error));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return Object.assign(aws, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

let shared: Promise<FakeAws> | undefined;

/** The one of this test file: moto takes seconds to start. It ends with the file. */
export const sharedAws = (): Promise<FakeAws> => (shared ??= startAws());

afterAll(async () => (await shared)?.stop());

async function startMoto() {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: \`npm test\` installs it`);
  const images = join(temporaryFolder(), 'images.json');
  writeFileSync(images, JSON.stringify(IMAGES));
  const port = await freePort();
  const child = spawn(PROGRAM, ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, MOTO_AMIS_PATH: images },
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(-4000)));
  const stop = () => child.kill('SIGKILL');
  for (const end = Date.now() + 60_000; ; await sleep(50)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`moto does not answer: ${said}`);
    if (await fetch(`http://127.0.0.1:${port}/moto-api/`).catch(() => undefined)) return { port, stop };
  }
}

async function handle(
  aws: FakeAws,
  port: number,
  known: Map<string, string>,
  asked: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const body = await text(asked);
  const form = new URLSearchParams(body);
  const key = /Credential=([^/]+)\//.exec(asked.headers.authorization ?? '')?.[1] ?? '';
  const call = { action: form.get('Action') ?? '', form, key, number: aws.calls.length + 1 };
  aws.calls.push(call);
  const fate = await aws.fate(call);
  if (fate === 'silence') return;
  if (fate === 'cut') return void asked.socket.destroy();
  if (typeof fate === 'object') {
    if ('body' in fate) return void answer.writeHead(fate.status).end(fate.body);
    const { status, code, message = `injected ${code}`, headers = {} } = fate;
    answer
      .writeHead(status, headers)
      .end(`<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors></Response>`);
    return;
  }
  const token = call.action === 'RunInstances' ? form.get('ClientToken') : call.action === 'TerminateInstances' ? body : null;
  const first = token === null ? undefined : known.get(token);
  const given = first === undefined ? await forward(port, body, asked.headers) : { status: 200, body: first };
  if (token !== null && given.status === 200) known.set(token, given.body);
  const shown = call.action === 'GetConsoleOutput' ? withConsole(given.body, aws.console(form.get('InstanceId') ?? '')) : given.body;
  await aws.answered(call, shown);
  if (fate === 'lost') return void asked.socket.destroy();
  answer.writeHead(given.status, { 'content-type': 'text/xml' }).end(shown);
}

const withConsole = (answer: string, shows: string): string =>
  answer.replace(/<output>[^<]*<\/output>/, `<output>${Buffer.from(shows).toString('base64')}</output>`);

const signedFor = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

function forward(port: number, body: string, headers: IncomingMessage['headers']): Promise<{ status: number; body: string }> {
  return new Promise((done, failed) => {
    const { host: _own, ...passed } = headers;
    const sent = request(
      { port, method: 'POST', path: '/', headers: { 'content-type': 'application/x-www-form-urlencoded', ...passed } },
      (given) => {
        text(given).then((whole) => done({ status: given.statusCode ?? 500, body: whole }), failed);
      },
    );
    sent.once('error', failed).end(body);
  });
}

/** moto's own account has default groups, and images have snapshots: those are left out. */
async function objectsOf(aws: FakeAws): Promise<string[]> {
  const list = async (action: string, set: string) => parseXml(await aws.ask(action)).list(set);
  const instances = (await list('DescribeInstances', 'reservationSet')).flatMap((each) => each.list('instancesSet'));
  const alive = instances.filter((each) => each.value('instanceState/name') !== 'terminated');
  const groups = (await list('DescribeSecurityGroups', 'securityGroupInfo')).filter((each) => each.value('groupName') !== 'default');
  return [
    ...alive.map((each) => `instance ${each.value('instanceId')} ${each.value('instanceState/name')}`),
    ...(await list('DescribeVolumes', 'volumeSet')).map((each) => `volume ${each.value('volumeId')}`),
    ...(await list('DescribeKeyPairs', 'keySet')).map((each) => `key pair ${each.value('keyName')}`),
    ...groups.map((each) => `security group ${each.value('groupName')}`),
    ...(await list('DescribeNetworkInterfaces', 'networkInterfaceSet')).map(
      (each) => `network interface ${each.value('networkInterfaceId')}`,
    ),
    ...(await list('DescribeAddresses', 'addressesSet')).map((each) => `address ${each.value('publicIp')}`),
  ];
}
