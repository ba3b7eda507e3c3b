import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestStore } from '../../unit/cli/run-cli.ts';
import { BuiltCli } from './built-cli.ts';
import { startEngine, type TlsEngine } from './tls-engine.ts';

let store: TestStore;
let engine: TlsEngine;
let url: string;

beforeAll(async () => {
  store = new TestStore();
  await store.create('nobody');
  engine = await startEngine(store.path, { version: '28.5.2+dfsg1' });
  url = `tcp://127.0.0.1:${engine.port}`;
  await store.create('m1', url);
});
afterAll(async () => {
  await engine.close();
  store.remove();
});

const bash = { SHELL: '/bin/bash' };

describe('a machine whose engine answers', () => {
  it('env prints what docker-machine prints', async () => {
    expect(await store.run(['env', 'm1'], { env: bash })).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'export DOCKER_TLS_VERIFY="1"',
        `export DOCKER_HOST="${url}"`,
        `export DOCKER_CERT_PATH="${store.path}/machines/m1"`,
        'export DOCKER_MACHINE_NAME="m1"',
        '# Run this command to configure your shell: ',
        '# eval $(tsmachine env m1)',
        '',
      ].join('\n'),
    });
  });

  it('env and config --swarm want a swarm master', async () => {
    const refusal = '"m1" is not a swarm master. The --swarm flag is intended for use with swarm masters\n';
    const env = await store.run(['env', '--swarm', 'm1'], { env: bash });
    expect(env).toEqual({ code: 1, stdout: '', stderr: `Error checking TLS connection: ${refusal}` });
    const config = await store.run(['config', '--swarm', 'm1']);
    expect(config).toEqual({ code: 1, stdout: '', stderr: `Error running connection boilerplate: ${refusal}` });
  });

  it('env adds to the no-proxy list', async () => {
    const { stdout } = await store.run(['env', '--no-proxy', '--shell', 'powershell', 'm1'], { env: { no_proxy: 'localhost' } });
    expect(stdout.split('\n').slice(4)).toEqual([
      `$Env:no_proxy = "localhost,127.0.0.1:${engine.port}"`,
      '# Run this command to configure your shell: ',
      '# & tsmachine env --no-proxy --shell powershell m1 | Invoke-Expression',
      '',
    ]);
  });

  it('config prints options for the docker CLI', async () => {
    const dir = `${store.path}/machines/m1`;
    expect((await store.run(['config', 'm1'])).stdout).toBe(
      `--tlsverify\n--tlscacert="${dir}/ca.pem"\n--tlscert="${dir}/cert.pem"\n--tlskey="${dir}/key.pem"\n-H=${url}\n`,
    );
    for (const file of ['ca.pem', 'cert.pem', 'key.pem']) expect(existsSync(join(dir, file)), file).toBe(true);
  });

  it('ls and version ask it', async () => {
    expect((await store.run(['version', 'm1'])).stdout).toBe('28.5.2+dfsg1\n');
    const { stdout } = await store.run(['ls', '--filter', 'name=m1'], { env: { DOCKER_HOST: url } });
    expect(stdout.split('\n')[1]?.split(/ {2,}/)).toEqual(['m1', '*', 'none', 'Running', url, 'v28.5.2+dfsg1', '']);
    expect((await store.run(['active'], { env: { DOCKER_HOST: url } })).stdout).toBe('m1\n');
  });

  it('is listed in time although another one accepts and never answers', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = silent.address() as AddressInfo;
      await store.create('hang', `tcp://127.0.0.1:${port}`);
      const { code, stdout } = await store.run(['ls', '--timeout', '1', '--filter', 'name=^(hang|m1)$']);
      expect(code).toBe(0);
      const rows = stdout.split('\n').map((line) => line.split(/ {2,}/));
      expect(rows[1]).toEqual(['hang', 'none', 'Timeout', '']);
      expect(rows[2]?.slice(0, 4)).toEqual(['m1', '-', 'none', 'Running']);
    } finally {
      silent.close();
      await store.run(['rm', '-f', 'hang']);
    }
  });

  it('by an address its certificate lacks is told apart, with the command that mends', async () => {
    await store.create('elsewhere', `tcp://127.0.0.2:${engine.port}`);
    const { code, stdout, stderr } = await store.run(['env', 'elsewhere'], { env: bash });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      'Error checking TLS connection: Error checking and/or regenerating the certs: There was an error validating certificates for host ' +
        `"127.0.0.2:${engine.port}": x509: certificate is valid for 127.0.0.1, not 127.0.0.2`,
      "You can attempt to regenerate them using 'tsmachine regenerate-certs elsewhere'.",
    ]);
  });

  it.each([
    [['env', 'm1']],
    [['env', '--no-proxy', '--shell', 'fish', 'm1']],
    [['config', 'm1']],
    [['ls']],
    [['ls', '-f', 'table {{.Name}}\\t{{.DockerVersion}}']],
  ])('%j prints on the hot path what it prints by oclif', async (words) => {
    const hot = await store.run(words, { env: bash });
    const slow = await store.run(words, { env: { ...bash, MACHINE_DEBUG: '1' } });
    expect(hot.code).toBe(0);
    expect({ code: slow.code, stdout: slow.stdout }).toEqual({ code: hot.code, stdout: hot.stdout });
  });
});

describe('the program as a shell calls it', () => {
  let cli: BuiltCli;
  beforeAll(() => {
    cli = new BuiltCli();
  });
  afterAll(() => cli.remove());

  it.each(['plain', 'with blank', 'two  blanks', '$(touch PWNED)', '`touch PWNED`', '"; touch PWNED; "', "it's 100% *", 'new\nline'])(
    'keeps a store called %j out of harm',
    async (name) => {
      const path = join(cli.folder, `store-${name}`);
      mkdirSync(path);
      const own = new TestStore();
      const run = (...words: string[]) => own.run(['-s', path, ...words], { env: bash });
      await run('create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', 'first');
      const server = await startEngine(path);
      try {
        await run('create', '-d', 'none', '--url', `tcp://127.0.0.1:${server.port}`, 'm');
        const script = `eval $(node "$LAUNCHER" env m); printf %s "$DOCKER_CERT_PATH"`;
        const env = cli.environment({ MACHINE_STORAGE_PATH: path, LAUNCHER: cli.launcher });
        const cwd = join(cli.folder, 'dist');
        const child = await runToEnd('bash', ['-c', script], { cwd, env });
        expect(child.stderr).toBe('');
        expect(child.stdout).toBe(join(path, 'machines', 'm'));
        expect(existsSync(join(cwd, 'PWNED'))).toBe(false);
        // config has no way to escape: nothing, or what is harmless
        const config = await run('config', 'm');
        if (/[$`"\n]/.test(name))
          expect(config).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('config cannot write') });
        else expect(config.stdout).toContain(`--tlskey="${join(path, 'machines', 'm', 'key.pem')}"\n`);
        expect(config.stderr.startsWith('Warning: ')).toBe(config.code === 0 && name !== 'plain');
      } finally {
        await server.close();
        own.remove();
      }
    },
  );
});

async function runToEnd(file: string, args: string[], options: { cwd: string; env: Record<string, string> }) {
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stdout, stderr };
}
