/** What GitLab Runner's docker+machine executor calls and looks at, in its words, with driver none. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BuiltCli } from './built-cli.ts';
import { startEngine, type TlsEngine } from './tls-engine.ts';

let cli: BuiltCli;
let engine: TlsEngine;
const NAMES = Array.from({ length: 20 }, (_, at) => `runner-${at}`);

/** As the runner calls: its own global flag in front of every command. */
const runner = (...words: string[]) => cli.run(['--bugsnag-api-token=no-report', ...words]);
const machines = () => join(cli.store, 'machines');
const config = (name: string) => join(machines(), name, 'config.json');

beforeAll(() => {
  cli = new BuiltCli();
});
afterAll(async () => {
  await engine?.close();
  cli?.remove();
});

describe('twenty machines at once, in a new store', () => {
  it('are made with nothing on stderr, and machines/ never has another folder', async () => {
    const seen = new Set<string>();
    const incomplete = new Set<string>();
    let watching = true;
    const watch = (async () => {
      for (; watching; await sleep(3)) {
        for (const name of existsSync(machines()) ? readdirSync(machines()) : []) {
          seen.add(name);
          if (!existsSync(config(name))) incomplete.add(name);
        }
      }
    })();
    const made = await Promise.all(
      NAMES.map((name) => runner('create', '--driver', 'none', '--url=tcp://127.0.0.1:9', '--engine-label=ci=yes', name)),
    );
    watching = false;
    await watch;
    for (const outcome of made) expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect([...seen].sort()).toEqual([...NAMES].sort());
    expect([...incomplete]).toEqual([]);
    expect(made.filter(({ stdout }) => stdout.includes('Creating CA'))).toHaveLength(1);
  }, 120_000);

  it('exist: a config.json that inspect reads', async () => {
    for (const name of NAMES) expect(statSync(config(name)).size).toBeGreaterThan(0);
    const inspected = await Promise.all(NAMES.slice(0, 4).map((name) => runner('inspect', name)));
    expect(inspected.map(({ code, stderr }) => [code, stderr])).toEqual(Array(4).fill([0, '']));
  });

  it('say where their certificates are, flag last', async () => {
    const { stdout } = await runner('inspect', 'runner-3', '-f', '{{.HostOptions.AuthOptions.StorePath}}');
    expect(stdout).toBe(`${join(machines(), 'runner-3')}\n`);
    for (const file of ['ca.pem', 'cert.pem', 'key.pem']) expect(existsSync(join(machines(), 'runner-3', file))).toBe(true);
  });
});

describe('whether it can be reached', () => {
  it('is known from config: only an engine that answers over TLS of this store counts', async () => {
    expect(await runner('config', 'runner-0')).toMatchObject({ code: 1, stdout: '' });
    engine = await startEngine(cli.store);
    const url = `tcp://127.0.0.1:${engine.port}`;
    await runner('create', '--driver', 'none', `--url=${url}`, 'live');
    expect(await runner('config', 'live')).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(`-H=${url}`) });
    expect(await runner('url', 'live')).toMatchObject({ code: 0, stdout: `${url}\n`, stderr: '' });
    await engine.close();
    expect(await runner('config', 'live')).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('removal', () => {
  it('stops first and goes on when that is refused', async () => {
    expect(await runner('stop', 'runner-0')).toMatchObject({ code: 1 });
    const removed = await runner('rm', '-y', 'runner-0');
    expect(removed).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Successfully removed runner-0') });
    expect(existsSync(join(machines(), 'runner-0'))).toBe(false);
  });

  it('fails and keeps the machine when its driver cannot be asked', async () => {
    writeFileSync(config('runner-1'), readFileSync(config('runner-1'), 'utf8').replace('"DriverName": "none"', '"DriverName": "gone"'));
    expect(await runner('rm', '-y', 'runner-1')).toMatchObject({ code: 1, stderr: expect.stringContaining('"gone" not found') });
    expect(existsSync(config('runner-1'))).toBe(true);
    expect(await runner('rm', '-f', 'runner-1')).toMatchObject({ code: 0 });
    expect(existsSync(config('runner-1'))).toBe(false);
  });

  it('of what is not there is an error, but by force it is none', async () => {
    expect((await runner('rm', '-y', 'nosuch')).code).toBe(1);
    expect((await runner('rm', '-f', 'nosuch')).code).toBe(0);
  });

  it('of all at once leaves an empty folder', async () => {
    const names = readdirSync(machines());
    const removed = await Promise.all(names.map((name) => runner('rm', '-y', name)));
    expect(removed.map(({ code }) => code)).toEqual(names.map(() => 0));
    expect(readdirSync(machines())).toEqual([]);
    expect(readdirSync(join(cli.store, 'staging/old'))).toEqual([]);
  }, 120_000);
});
