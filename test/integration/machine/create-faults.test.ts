import { type ChildProcess, spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CREATE_STEPS } from '../../../src/machine/create-steps.ts';
import { bundleProgram } from '../../support/bundle.ts';
import { cloudMachines } from '../../support/folder-driver.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import type { ProgramInput } from './program.ts';

let program: string;

beforeAll(async () => {
  program = join(temporaryFolder(), 'program.mjs');
  await bundleProgram('test/integration/machine/program.ts', program);
});

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function end(child: ChildProcess): Promise<Outcome> {
  const text = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => (text.stdout += chunk));
  child.stderr?.on('data', (chunk) => (text.stderr += chunk));
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, ...text })));
}

/** A store and a cloud, and the program that works on them. Each test has its own: several run at once. */
function newStore() {
  const [store, cloud] = [temporaryFolder(), temporaryFolder()];
  const start = (input: Partial<ProgramInput>): ChildProcess => {
    const whole = { store, cloud, name: 'm', action: 'create', ...input };
    return spawn(process.execPath, [program, JSON.stringify(whole)], { stdio: ['ignore', 'pipe', 'pipe'] });
  };
  return {
    cloud,
    start,
    run: (input: Partial<ProgramInput>): Promise<Outcome> => end(start(input)),
    entries: async () => (await readdir(join(store, 'machines')).catch(() => [])).sort(),
  };
}

/** Every step that the journal can name, and the places inside the driver's own step. */
const KILL_POINTS = [...CREATE_STEPS, 'driver:check', 'driver:checkpointed', 'driver:half-made', 'driver:made', 'driver:ready'];

describe.concurrent.each(KILL_POINTS)('create, killed at %s', (killAt) => {
  it('is finished by the same create', async () => {
    const { cloud, run } = newStore();
    expect((await run({ killAt })).signal).toBe('SIGKILL');
    const again = await run({});
    expect(again.stderr).toBe('');
    expect(again.code).toBe(0);
    expect((await run({ action: 'state' })).stdout).toBe('Running\n');
    expect(await cloudMachines(cloud)).toEqual(['m']);
    expect((await run({})).stderr).toContain('MACHINE_EXISTS');
  });

  it('is undone by rm, which may be killed as well', async () => {
    const { cloud, entries, run } = newStore();
    expect((await run({ killAt })).signal).toBe('SIGKILL');
    await run({ action: 'remove', killAt: 'driver:remove' });
    const removed = await run({ action: 'remove' });
    expect(removed.code === 0 || removed.stderr.startsWith('MACHINE_NOT_FOUND'), removed.stderr).toBe(true);
    expect(await entries()).toEqual([]);
    expect(await cloudMachines(cloud)).toEqual([]);
  });
});

describe('start, killed while the guest boots', () => {
  it('is gone on with by the same start; only then the machine is already running', async () => {
    const { run } = newStore();
    const guest = 'none'; // nothing but the driver is asked
    expect((await run({ guest })).code).toBe(0);
    expect((await run({ guest, action: 'stop' })).code).toBe(0);
    expect((await run({ guest, action: 'start', killAt: 'driver:ready' })).signal).toBe('SIGKILL');
    expect(await run({ guest, action: 'start' })).toMatchObject({ code: 0, stdout: expect.stringContaining('"m" was started.') });
    expect((await run({ guest, action: 'start' })).stderr).toContain('ALREADY_RUNNING');
  });
});

describe('create of another kind after a kill', () => {
  it('removes what the first one made before it makes its own', async () => {
    const { cloud, run } = newStore();
    await run({ killAt: 'driver:made' });
    const other = temporaryFolder();
    expect((await run({ cloud: other })).code).toBe(0);
    expect(await cloudMachines(cloud)).toEqual([]);
    expect(await cloudMachines(other)).toEqual(['m']);
  });

  it('that is killed too leaves no word of a machine that is gone, for the first kind to go on with', async () => {
    const { cloud, run } = newStore();
    await run({ killAt: 'ready' });
    await run({ cloud: temporaryFolder(), killAt: 'driver:check' });
    expect(await cloudMachines(cloud)).toEqual([]);
    expect(await run({})).toMatchObject({ code: 0, stderr: '' });
    expect(await cloudMachines(cloud)).toEqual(['m']);
  });
});

describe.concurrent.each(['SIGINT', 'SIGTERM'] as const)('create, ended by %s', (signal) => {
  it.each(['driver:check', 'driver:half-made', 'driver:ready'])('at %s leaves nothing', async (pauseAt) => {
    const { cloud, entries, start } = newStore();
    const child = start({ pauseAt });
    const ended = end(child);
    await new Promise<void>((resolve) => child.stdout?.on('data', (chunk) => String(chunk).includes('paused') && resolve()));
    child.kill(signal);
    expect((await ended).stderr).toContain(signal);
    expect(await entries()).toEqual([]);
    expect(await cloudMachines(cloud)).toEqual([]);
  });
});

describe('twenty first creates at once', () => {
  it('make one CA and twenty machines', async () => {
    const { entries, run } = newStore();
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => run({ name: `m${index}`, guest: 'none' })));
    expect(outcomes.map((outcome) => outcome.stderr).join('')).toBe('');
    const said = outcomes.map((outcome) => outcome.stdout).join('');
    expect(said.match(/Creating CA/g)).toHaveLength(1);
    expect(said.match(/Creating client certificate/g)).toHaveLength(1);
    expect(await entries()).toHaveLength(20);
  });

  it('of one name make one machine', async () => {
    const { run } = newStore();
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => run({ guest: 'none' })));
    expect(outcomes.filter((outcome) => outcome.code === 0)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.stderr.includes('MACHINE_EXISTS'))).toHaveLength(4);
  });
});
