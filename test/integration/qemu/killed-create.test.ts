/** `kill -9` of the creating process at every point: what it leaves is found and removed, and the machine can be made again. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import qemu from '@tsmachine/driver-qemu';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFree } from '../../../drivers/qemu/src/ports.ts';
import type { QemuState } from '../../../drivers/qemu/src/state.ts';
import { processesIn, until } from '../supervisor/tiny-vm.ts';
import { type Bench, disposeBench, newBench } from './context.ts';

const SOURCES = resolve(import.meta.dirname, '../../..');
let programs = '';
let store: Bench;

/** As in the published package: a bundle, and the supervisor's bundle one folder up. */
beforeAll(async () => {
  programs = mkdtempSync(join(tmpdir(), 'tsm-programs-'));
  store = newBench();
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  const common = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: {
      'tsmachine/driver/cloud': join(SOURCES, 'src/driver/cloud/index.ts'),
      'tsmachine/driver': join(SOURCES, 'src/driver/index.ts'),
    },
    banner,
  } as const;
  await build({ ...common, entryPoints: [join(import.meta.dirname, 'die-in-create.ts')], outfile: join(programs, 'bin/die.mjs') });
  await build({ ...common, entryPoints: [join(SOURCES, 'src/supervisor/main.ts')], outfile: join(programs, 'supervisor.js') });
  await import('node:fs/promises').then(({ writeFile }) => writeFile(join(programs, 'package.json'), '{"type":"module"}'));
});

afterAll(() => {
  for (const { pid } of processesIn(store.dir('m'))) process.kill(pid, 'SIGKILL');
  rmSync(programs, { recursive: true, force: true });
  disposeBench(store);
});

const createAndDie = (point: string) =>
  new Promise<string>((done) => {
    execFile(process.execPath, [join(programs, 'bin/die.mjs'), store.root, point], (error, stdout, stderr) =>
      done(error === null ? stdout : (error.signal ?? stderr)),
    );
  });

async function removeAll(): Promise<void> {
  const driver = qemu.open(store.context('m'), store.stored('m'));
  await driver.remove();
  expect(processesIn(store.dir('m')).filter(({ command }) => command.includes('-pidfile'))).toEqual([]);
  await until(() => processesIn(store.dir('m')).length === 0);
  for (const file of ['data.qcow2', 'data.qcow2.new', 'handover.tar', 'vm.json', 'qmp.sock', 'supervisor.sock']) {
    expect(existsSync(join(store.dir('m'), file)), file).toBe(false);
  }
  const { SSHPort = 0, EnginePort = 0 } = JSON.parse(store.stored('m') ?? '{}') as Partial<QemuState>;
  for (const port of [SSHPort, EnginePort]) if (port > 0) expect(await isFree(port)).toBe(true);
  rmSync(store.dir('m'), { recursive: true, force: true });
}

async function makeAgain(): Promise<void> {
  const driver = qemu.open(store.context('m'), store.stored('m'));
  await driver.remove();
  await driver.configure({ 'qemu-accel': 'tcg', 'qemu-memory': 512, 'qemu-disk-size': 20_000, 'qemu-cpu-count': 0 });
  await driver.create();
  expect(await driver.state()).toBe('Running');
  expect(processesIn(store.dir('m')).filter(({ command }) => command.includes('-pidfile'))).toHaveLength(1);
}

describe('kill -9 in create', () => {
  it('at each use of the context leaves what can be removed, and made again', async () => {
    let point = 1;
    for (; ; point++) {
      const outcome = await createAndDie(String(point));
      if (outcome === 'survived') break;
      expect(outcome, `point ${point}`).toBe('SIGKILL');
      if (point % 2 === 0) await makeAgain();
      await removeAll();
    }
    await removeAll();
    expect(point).toBeGreaterThan(12);
  });

  it('at any moment of the start of the VM likewise', async () => {
    for (let after = 0; after < 300; after += 15) {
      const outcome = await createAndDie(`+${after}`);
      expect(['SIGKILL', 'survived']).toContain(outcome);
      await removeAll();
    }
  });
});
