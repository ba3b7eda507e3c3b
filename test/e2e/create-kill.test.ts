/** create of a VM, killed by SIGKILL at each step that the journal knows: rm leaves nothing, the same create makes a machine. */
import { execFile, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CREATE_STEPS } from '../../src/machine/create-steps.ts';
import { processesIn } from '../integration/supervisor/tiny-vm.ts';
import { bundleProgram } from '../support/bundle.ts';
import { ROOT, TestStore } from './store.ts';

/** Said in the middle of the step that makes the VM, once its ports and state are stored. */
const STARTING = '(m) Using ';

let store: TestStore;
let program: string;
const dir = () => join(store.path, 'machines', 'm');

beforeAll(async () => {
  store = new TestStore();
  const folder = join(ROOT, '.cache/create-kill'); // in the package, and as in dist: the supervisor lies above the program
  mkdirSync(join(folder, 'cli'), { recursive: true });
  program = join(folder, 'cli', 'create-program.mjs');
  await bundleProgram('test/e2e/create-program.ts', program);
  copyFileSync(join(ROOT, 'dist/supervisor.js'), join(folder, 'supervisor.js'));
});

afterAll(async () => {
  await store?.close();
});

async function killedAt(killAt: string): Promise<void> {
  const input = JSON.stringify({ store: store.path, name: 'm', killAt });
  const [signal, said] = await new Promise<[unknown, string]>((resolve) => {
    execFile(process.execPath, [program, input], (error, _stdout, stderr) => resolve([error?.signal, stderr]));
  });
  expect(signal, said).toBe('SIGKILL');
}

async function nothingIsLeft(): Promise<void> {
  expect(readdirSync(join(store.path, 'machines'))).toEqual([]);
  const leaving = join(store.path, 'staging', 'old', 'm'); // where rm moves it first
  const processes = () => [dir(), leaving].flatMap((folder) => [...processesIn(folder), ...processesIn(`${folder} (deleted)`)]);
  await expect.poll(processes, { timeout: 5000 }).toEqual([]); // a supervisor gives its last answers a second
}

describe.each([...CREATE_STEPS, STARTING])('create, killed at %s', (killAt) => {
  it('is undone by rm', async () => {
    await killedAt(killAt);
    const existed = existsSync(dir());
    expect(await store.cli('rm', '-y', 'm')).toMatchObject({ code: existed ? 0 : 1 });
    if (existed) await nothingIsLeft();
  });
});

describe.each([STARTING, 'ready'])('create, killed at %s', (killAt) => {
  it('is finished by the same create', async () => {
    await killedAt(killAt);
    await store.must('create', 'm');
    expect(await store.on('m', 'version')).toMatchObject({ code: 0 });
    expect(await store.cli('create', 'm')).toMatchObject({ code: 1, stderr: expect.stringContaining('already exists') });
    await store.must('rm', '-y', 'm');
    await nothingIsLeft();
  });
});

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('create, ended by %s', (signal, code) => {
  it('removes everything and says so by its exit code', async () => {
    const child = spawn('node', [join(ROOT, 'dist/bin/tsmachine.cjs'), 'create', 'm'], {
      env: store.env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise<void>((resolve) => child.stdout.on('data', (chunk) => String(chunk).includes('Waiting for machine') && resolve()));
    child.kill(signal);
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(code);
    await nothingIsLeft();
  });
});
