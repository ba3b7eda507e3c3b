/** Creates or removes a machine in a process that can be killed: `program.mjs JSON`. */
import { systemClock } from '../../../src/core/clock.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import { openMachines } from '../../../src/machine/index.ts';
import { createRequest } from '../../support/create-request.ts';
import { bare, flagValues } from './flags.ts';

export interface ProgramInput {
  readonly store: string;
  readonly name: string;
  readonly action: 'create' | 'remove';
  readonly env: Readonly<Record<string, string>>;
}

const { store, name, action, env } = JSON.parse(process.argv[2] ?? '{}') as ProgramInput;
const log = { info: () => {}, warn: (line: string) => console.error(line), debug: () => {} };
const machines = openMachines({
  storePath: store,
  platform: { ...thisPlatform(), env, home: store },
  runner: processRunner(log),
  log,
  clock: systemClock,
  signal: new AbortController().signal,
  loadDriver: async () => bare,
});
const noSteps = { begin: () => {}, detail: () => {}, end: () => {} };
await (action === 'create' ? machines.create(createRequest(name, bare, flagValues()), noSteps) : machines.remove(name, { force: false }));
process.exit();
