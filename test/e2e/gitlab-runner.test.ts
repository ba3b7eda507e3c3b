/** What GitLab Runner's docker+machine executor does with three machines of driver qemu, in its words. */
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processesIn } from '../integration/supervisor/tiny-vm.ts';
import { type Outcome, TestStore } from './store.ts';

const NAMES = ['runner-a', 'runner-b', 'runner-c'];
/** Warnings may stand on stderr; the runner logs each line of it as an error. */
const QUIET = /^(Error|Warning).*\n|^$/gm;

let store: TestStore;
beforeAll(() => {
  store = new TestStore();
});
afterAll(async () => {
  await store?.close();
});

const runner = (...words: string[]): Promise<Outcome> => store.cli('--bugsnag-api-token=no-report', ...words);
const machines = () => readdirSync(`${store.path}/machines`);

describe('three machines at once', () => {
  it('are made, reached, stopped within a minute and removed', async () => {
    const made = await Promise.all(
      NAMES.map((name) => runner('create', '--driver', 'qemu', '--qemu-memory=512', '--engine-label=ci=yes', name)),
    );
    for (const outcome of made) {
      expect(outcome.stderr.replace(QUIET, '')).toBe('');
      expect(outcome.code).toBe(0);
    }
    expect(machines()).toEqual(NAMES);
    for (const name of NAMES) {
      expect(await runner('inspect', name)).toMatchObject({ code: 0 });
      expect(await runner('config', name)).toMatchObject({ code: 0, stderr: '' });
      expect((await runner('url', name)).stdout).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+\n$/);
      const path = await runner('inspect', name, '-f', '{{.HostOptions.AuthOptions.StorePath}}');
      expect(path.stdout).toBe(`${store.file(name, '').replace(/\/$/, '')}\n`);
      const version = await store.on(name, 'version', '-f', '{{.Server.Version}}');
      expect(version.code, version.stderr).toBe(0);
    }
    const begun = performance.now();
    const stopped = await Promise.all(NAMES.map((name) => runner('stop', name)));
    expect(stopped.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(performance.now() - begun).toBeLessThan(60_000); // the runner gives it no longer
    expect(await runner('config', 'runner-a')).toMatchObject({ code: 1, stdout: '' });
    const removed = await Promise.all(NAMES.map((name) => runner('rm', '-y', name)));
    expect(removed.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(machines()).toEqual([]);
  }, 300_000);
});

describe('a machine whose creation fails', () => {
  it('leaves a config.json that inspect reads, and rm -y removes it', async () => {
    const creating = runner('create', '--driver', 'qemu', 'runner-x');
    const folder = store.file('runner-x', '').replace(/\/$/, '');
    const vm = async () => {
      for (;;) {
        const found = existsSync(folder) ? processesIn(folder).find(({ command }) => command.includes('-pidfile')) : undefined;
        if (found) return found;
        await sleep(50);
      }
    };
    process.kill((await vm()).pid, 'SIGKILL');
    const failed = await creating;
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/^Error creating machine: /m);
    expect(existsSync(`${folder}/config.json`)).toBe(true);
    expect(await runner('inspect', 'runner-x')).toMatchObject({ code: 0 });
    expect((await runner('status', 'runner-x')).stdout).toBe('Error\n');
    expect(await runner('config', 'runner-x')).toMatchObject({ code: 1, stdout: '' });
    expect(await runner('rm', '-y', 'runner-x')).toMatchObject({ code: 0 });
    expect(machines()).toEqual([]);
    expect(await runner('rm', '-f', 'runner-x')).toMatchObject({ code: 0 });
  }, 120_000);
});
