/** Contexts as the real docker client sees them. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerClient } from '../../oracle/session.ts';
import { BuiltCli } from '../cli/built-cli.ts';
import { startEngine, type TlsEngine } from '../cli/tls-engine.ts';

const cli = new BuiltCli();
const config = join(cli.folder, '.docker');
let engine: TlsEngine;
let program: string;
/** Not waited for in a way that stops this process: the engine it talks to is in it. */
const docker = async (...words: string[]) =>
  (await promisify(execFile)(program, words, { env: { HOME: cli.folder, PATH: process.env.PATH } })).stdout.trim();
const contexts = async () => (await docker('context', 'ls', '--format', '{{.Name}}')).split('\n').sort();
const inspect = async (name: string) => JSON.parse(await docker('context', 'inspect', name))[0];
const hostOf = async (name: string) => (await inspect(name)).Endpoints.docker.Host;
const create = (name: string, ...more: string[]) =>
  cli.run(['create', '-d', 'none', `--url=tcp://127.0.0.1:${engine.port}`, ...more, name]);

beforeAll(async () => {
  program = await dockerClient();
  await cli.run(['create', '-d', 'none', '--url=tcp://127.0.0.1:1', 'first']); // makes the authority
  engine = await startEngine(cli.store, { version: '28.1.1' });
});

afterAll(async () => {
  await engine.close();
  cli.remove();
});

describe('a Docker context', () => {
  it('is made by create --context, works with the docker client, and goes with the machine', async () => {
    expect(await create('m1', '--context')).toMatchObject({ code: 0, stderr: '' });
    expect(await contexts()).toEqual(['default', 'm1']);
    expect(await docker('--context', 'm1', 'version', '-f', '{{.Server.Version}}')).toBe('28.1.1');
    const inspected = await inspect('m1');
    expect(inspected.TLSMaterial).toEqual({ docker: ['ca.pem', 'cert.pem', 'key.pem'] });
    expect(statSync(join(inspected.Storage.TLSPath, 'docker/key.pem')).mode & 0o777).toBe(0o600);
    expect(await cli.run(['rm', '-y', 'm1'])).toMatchObject({ code: 0, stderr: '' });
    expect(await contexts()).toEqual(['default']);
    expect(readdirSync(join(config, 'contexts/tls'))).toEqual([]);
  });

  it('is made for a machine that exists, keeps what the user added to it, and is removed alone with --rm', async () => {
    await create('m2');
    const made = await cli.run(['context', 'm2']);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toBe(`Docker context "m2" is tcp://127.0.0.1:${engine.port}\nTo use it, run: docker context use m2\n`);
    await docker('context', 'update', 'm2', '--description', 'the one in the cellar');
    await cli.run(['context', 'm2']);
    expect((await inspect('m2')).Metadata.Description).toBe('the one in the cellar');
    expect((await cli.run(['context', '--rm', 'm2'])).stdout).toBe('Removed the Docker context "m2"\n');
    expect((await cli.run(['context', '--rm', 'm2'])).stdout).toBe('Machine "m2" has no Docker context\n');
    expect(await contexts()).toEqual(['default']);
    expect((await cli.run(['inspect', 'm2'])).code).toBe(0);
  });

  it('follows new certificates', async () => {
    await create('m3', '--context');
    const key = async () => readFileSync(join((await inspect('m3')).Storage.TLSPath, 'docker/key.pem'), 'utf8');
    const before = await key();
    writeFileSync(
      join(cli.store, 'machines/m3/key.pem'),
      execFileSync('openssl', ['genrsa', '2048'], { stdio: ['ignore', 'pipe', 'ignore'] }),
    );
    await cli.run(['context', 'm3']);
    expect(await key()).not.toBe(before);
    await cli.run(['rm', '-y', 'm3']);
  });

  it('of somebody else is neither replaced nor removed', async () => {
    await docker('context', 'create', 'mine', '--docker', 'host=tcp://192.0.2.1:2375');
    const refused = await create('mine', '--context');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('the Docker context "mine" exists and is not this machine\'s');
    expect((await cli.run(['ls', '-q'])).stdout).not.toContain('mine');
    await create('mine');
    expect((await cli.run(['context', 'mine'])).code).toBe(1);
    expect((await cli.run(['rm', '-y', 'mine'])).code).toBe(0);
    expect(await hostOf('mine')).toBe('tcp://192.0.2.1:2375');
  });

  it('of a machine of the same name in another store stays', async () => {
    await create('twin', '--context');
    const other = { env: { MACHINE_STORAGE_PATH: join(cli.folder, 'other') } };
    await cli.run(['create', '-d', 'none', '--url=tcp://192.0.2.2:2376', 'twin'], other);
    expect((await cli.run(['context', 'twin'], other)).code).toBe(1);
    expect((await cli.run(['rm', '-y', 'twin'], other)).code).toBe(0);
    expect(await hostOf('twin')).toBe(`tcp://127.0.0.1:${engine.port}`);
    await cli.run(['rm', '-y', 'twin']);
  });

  it.each(['default', 'm'])('cannot be named %s', async (name) => {
    const refused = await create(name, '--context');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`a Docker context cannot be named "${name}"`);
  });

  it('that was in use is told of when it goes', async () => {
    await create('used', '--context');
    await docker('context', 'use', 'used');
    const removed = await cli.run(['rm', '-y', 'used']);
    expect(removed).toMatchObject({
      code: 0,
      stderr: 'The docker client\'s current context was "used". Run: docker context use default\n',
    });
    await docker('context', 'use', 'default');
  });

  it('that is garbage stops neither the machine nor its removal', async () => {
    await create('torn', '--context');
    const meta = (await inspect('torn')).Storage.MetadataPath;
    writeFileSync(join(meta, 'meta.json'), '{"Name": "to');
    const refused = await cli.run(['context', 'torn']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('cannot be read');
    const removed = await cli.run(['rm', '-y', 'torn']);
    expect(removed.code).toBe(0);
    expect(removed.stderr).toContain('The Docker context "torn" was not removed');
    rmSync(meta, { recursive: true });
  });

  it('lies in $DOCKER_CONFIG', async () => {
    const elsewhere = join(cli.folder, 'elsewhere');
    mkdirSync(elsewhere);
    await cli.run(['create', '-d', 'none', `--url=tcp://127.0.0.1:${engine.port}`, '--context', 'm4'], {
      env: { DOCKER_CONFIG: elsewhere },
    });
    expect(readdirSync(join(elsewhere, 'contexts/meta'))).toHaveLength(1);
    expect(await contexts()).not.toContain('m4');
  });
});
