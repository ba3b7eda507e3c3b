/**
 * Drivers that others published, as plugins: docker-machine's own amazonec2, exoscale and generic, compiled by Debian's Go from the
 * module that Go's proxy has. Behind amazonec2 is moto, whose instances are real servers; exoscale meets an API that refuses.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseXml } from '../../drivers/amazonec2/src/xml.ts';
import { type Instances, runInstances } from '../integration/amazonec2/instances.ts';
import { BuiltCli } from '../integration/cli/built-cli.ts';
import { type FakeAws, REGION, sharedAws } from '../support/moto.ts';
import { bootServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary.ts';

const SOURCE = resolve(import.meta.dirname, 'support/go-plugins');
const CACHE = resolve(import.meta.dirname, '../../.cache/go-plugins');
const DRIVERS = ['amazonec2', 'exoscale', 'generic'] as const;
/** Go modules come from where Go is told to look. */
const GO = ['GOPROXY', 'GOSUMDB', 'GONOSUMDB', 'GOFLAGS', 'HTTPS_PROXY', 'https_proxy', 'SSL_CERT_FILE'];

let cli: BuiltCli;
let path: string;

beforeAll(() => {
  compile();
  path = temporaryFolder();
  for (const name of DRIVERS) symlinkSync(join(CACHE, 'bin', name), join(path, `docker-machine-driver-old-${name}`));
  cli = new BuiltCli();
});
afterAll(() => cli.remove());

function compile(): void {
  if (existsSync(join(CACHE, 'bin'))) return;
  mkdirSync(CACHE, { recursive: true });
  const given = Object.fromEntries(GO.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  const own = { GOPATH: join(CACHE, 'path'), GOCACHE: join(CACHE, 'build'), GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
  const env = { PATH: '/usr/bin:/bin', HOME: CACHE, ...given, ...own };
  const words = ['build', '-mod=readonly', '-modcacherw', '-buildvcs=false', '-o', join(CACHE, 'bin.new/'), './...'];
  const { status, stderr } = spawnSync('/usr/bin/go', words, { cwd: SOURCE, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the plugins cannot be compiled: ${stderr}`);
  renameSync(join(CACHE, 'bin.new'), join(CACHE, 'bin'));
  for (const folder of ['path', 'build']) rmSync(join(CACHE, folder), { recursive: true, force: true });
}

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'asecretofthetest', AWS_EC2_METADATA_DISABLED: 'true' };
const run = (words: readonly string[]) => cli.run(words, { env: { PATH: `${path}:${process.env.PATH}`, USER: 'tester', ...KEYS } });

async function must(words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(words);
  expect(`${words.join(' ')}: ${code} ${code === 0 ? '' : stdout + stderr}`).toBe(`${words.join(' ')}: 0 `);
  return stdout;
}

/** Plugins that run now. */
const plugins = () =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /docker-machine-driver-old-/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    } catch {
      return false;
    }
  });

describe("docker-machine's amazonec2 as a plugin", () => {
  let aws: FakeAws;
  let instances: Instances;
  beforeAll(async () => {
    aws = await sharedAws();
    instances = runInstances(aws);
  });
  afterAll(() => instances.dispose());
  /** The driver leaves its security group by intention, and network interfaces to EC2. */
  const left = async () => (await aws.objects()).filter((item) => /^(instance|key pair)/.test(item));
  /** As docker-machine's users give them. */
  async function place(): Promise<string[]> {
    const vpc =
      parseXml(await aws.ask('DescribeVpcs'))
        .list('vpcSet')[0]
        ?.value('vpcId') ?? '';
    const words = {
      endpoint: aws.url,
      region: REGION,
      ami: 'ami-00000000000000004',
      'vpc-id': vpc,
      'ssh-user': 'admin',
      zone: `${REGION}a`,
    };
    return Object.entries(words).flatMap(([name, value]) => [`--amazonec2-${name}`, value]);
  }

  it('makes a machine, from the API to an engine that answers over TLS', async () => {
    const { code, stdout, stderr } = await run(['create', '-d', 'old-amazonec2', ...(await place()), 'old']);
    expect(stdout + stderr).toContain('Docker is up and running!');
    expect(code).toBe(0);
    expect(stdout).toContain('(old) Launching instance...');
    expect(stdout + stderr).not.toContain('asecretofthetest');
    expect(await left()).toHaveLength(2); // the instance and its key
    expect(plugins()).toEqual([]);
  });

  it('is listed, inspected, entered, stopped, started and removed', async () => {
    expect(await must(['ls', '-f', '{{.Name}} {{.DriverName}} {{.State}}'])).toBe('old old-amazonec2 Running\n');
    expect(await must(['inspect', '-f', '{{.Driver.Region}} {{.Driver.SSHUser}}', 'old'])).toBe(`${REGION} admin\n`);
    expect(await must(['ssh', 'old', 'id -un'])).toBe('admin\n');
    await must(['stop', 'old']);
    expect(await must(['status', 'old'])).toBe('Stopped\n');
    await must(['start', '-y', 'old']);
    expect(await must(['ls', '-f', '{{.State}} {{.DockerVersion}}'])).toMatch(/^Running v\d/);
    await must(['rm', '-y', 'old']);
    expect(await left()).toEqual([]);
    expect(plugins()).toEqual([]);
  });

  it('tells what the API refuses, and removes what was made before', async () => {
    aws.fate = ({ action }) =>
      action === 'RunInstances' ? { status: 400, code: 'InsufficientInstanceCapacity', message: 'none here' } : 'pass';
    const { code, stderr } = await run(['create', '-d', 'old-amazonec2', ...(await place()), 'full']);
    expect(code).toBe(1);
    expect(stderr).toContain('InsufficientInstanceCapacity');
    await run(['rm', '-f', 'full']);
    expect(await left()).toEqual([]);
    expect(plugins()).toEqual([]);
  });
});

describe("docker-machine's exoscale as a plugin", () => {
  it('asks the API it was given, and tells that it refuses', async () => {
    const asked: string[] = [];
    const server = createServer((request, answer) => {
      asked.push(request.url ?? '');
      answer.writeHead(401, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ errorresponse: { errorcode: 401, errortext: 'unable to verify user credentials', cserrorcode: 0 } }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/compute`;
    const words = ['--exoscale-url', url, '--exoscale-api-key', 'EXOkey', '--exoscale-api-secret-key', 'averysecretkey', 'exo'];
    const { code, stdout, stderr } = await run(['--debug', 'create', '-d', 'old-exoscale', ...words]);
    server.close();
    expect([code === 0, asked.length > 0]).toEqual([false, true]);
    expect(stderr).toMatch(/unable to verify user credentials|401/);
    expect(stdout + stderr).not.toContain('averysecretkey');
    expect(plugins()).toEqual([]);
    await run(['rm', '-f', 'exo']);
  });
});

describe("docker-machine's generic as a plugin", () => {
  it('sets up a server that exists', async () => {
    const server = await bootServer();
    try {
      const place = ['--generic-ip-address', server.host, '--generic-ssh-user', 'deploy', '--generic-ssh-key', server.keyPath];
      await must(['create', '-d', 'old-generic', ...place, 'there']);
      expect(await must(['ls', '-f', '{{.Name}} {{.State}} {{.DockerVersion}}'])).toMatch(/^there Running v\d/);
      expect(await must(['inspect', '-f', '{{.Driver.SSHPort}} {{.Driver.EnginePort}}', 'there'])).toBe('22 2376\n');
      expect(await must(['ssh', 'there', 'id -un'])).toBe('deploy\n');
      const { code, stderr } = await run(['stop', 'there']);
      expect([code, stderr.includes('generic driver does not support stop')]).toEqual([1, true]);
      await must(['rm', '-y', 'there']);
      expect(plugins()).toEqual([]);
    } finally {
      await server.dispose();
    }
  });
});
