/**
 * The library in a process that can be killed: `program.mjs JSON`. Ends by SIGKILL where `killAt` says: a step of create, or
 * `driver:PLACE` of the folder driver; at `pauseAt` the driver prints `paused` and waits for SIGINT or SIGTERM. Errors go to
 * stderr as `CODE message`.
 */
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../../src/core/clock.ts';
import { isMachineError } from '../../../src/core/errors.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import { openMachines } from '../../../src/machine/index.ts';
import { createRequest } from '../../support/create-request.ts';
import { folderDriver } from '../../support/folder-driver.ts';

export interface ProgramInput {
  readonly store: string;
  readonly cloud: string;
  readonly name: string;
  readonly action: 'create' | 'remove' | 'state' | 'start' | 'stop';
  readonly killAt?: string;
  readonly pauseAt?: string;
  readonly guest?: 'boot-image' | 'none';
}

const input = JSON.parse(process.argv[2] ?? '{}') as ProgramInput;
const dieAt = (place: string): void => {
  if (place === input.killAt) process.kill(process.pid, 'SIGKILL');
};
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort(new Error(signal)));
const driver = folderDriver(async (place) => {
  dieAt(`driver:${place}`);
  if (`driver:${place}` !== input.pauseAt) return;
  console.log('paused');
  await setTimeout(600_000, undefined, { signal: abort.signal });
}, input.guest);
const log = { info: (line: string) => console.log(line), warn: (line: string) => console.error(line), debug: () => {} };
const machines = openMachines({
  storePath: input.store,
  platform: thisPlatform(),
  runner: processRunner(log),
  log,
  clock: systemClock,
  signal: abort.signal,
  loadDriver: async () => driver,
});

try {
  if (input.action === 'create') {
    const steps = { begin: dieAt, detail: () => {}, end: () => {} };
    await machines.create(createRequest(input.name, driver, { 'folder-cloud': input.cloud }), steps);
  }
  if (input.action === 'remove') await machines.remove(input.name, { force: false });
  if (input.action === 'start' || input.action === 'stop') await (await machines.load(input.name))[input.action]();
  if (input.action === 'state') console.log(await (await machines.load(input.name)).state());
} catch (error) {
  console.error(isMachineError(error) ? `${error.code} ${error.message}` : error);
  process.exitCode = 1;
}
process.exit();
