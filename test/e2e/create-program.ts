/** create of a QEMU machine in a process that ends by SIGKILL at a step of create, or at a line it logs: `create-program.mjs JSON`. */
import qemu from '@tsmachine/driver-qemu';
import { systemClock } from '../../src/core/clock.ts';
import { thisPlatform } from '../../src/host/platform.ts';
import { processRunner } from '../../src/host/process-runner.ts';
import { openMachines } from '../../src/machine/index.ts';
import { createRequest } from '../support/create-request.ts';

export interface CreateInput {
  readonly store: string;
  readonly name: string;
  readonly killAt: string;
}

const input = JSON.parse(process.argv[2] ?? '{}') as CreateInput;
const dieAt = (place: string): void => {
  if (place.includes(input.killAt)) process.kill(process.pid, 'SIGKILL');
};
const platform = thisPlatform();
const log = { info: dieAt, warn: dieAt, debug: () => {} };
const machines = openMachines({
  storePath: input.store,
  platform,
  runner: processRunner(log),
  log,
  clock: systemClock,
  signal: new AbortController().signal,
  loadDriver: async () => qemu,
});
const flags = Object.fromEntries(qemu.flags.map((flag) => [flag.name, flag.default ?? (flag.type === 'int' ? 0 : '')]));
await machines.create(createRequest(input.name, qemu, flags), { begin: dieAt, detail: () => {}, end: () => {} });
