/** Rotates a store's certificates and kills itself at the given rename: `program.mjs JSON`. */
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import { openMachines } from '../../../src/machine/index.ts';
import { folderDriver } from '../../support/folder-driver.ts';

export interface RotationInput {
  readonly store: string;
  readonly name: string;
  /** Which of its renames it does not live to do: each is a change that lasts. */
  readonly renames: number;
}

const { store, name, renames } = JSON.parse(process.argv[2] ?? '{}') as RotationInput;
const { rename } = promises;
let count = 0;
promises.rename = async (from, to) => {
  if (++count === renames) process.kill(process.pid, 'SIGKILL');
  await rename(from, to);
};
syncBuiltinESMExports();

const machines = openMachines({
  storePath: store,
  platform: thisPlatform(),
  runner: processRunner(silentLogger),
  log: silentLogger,
  clock: systemClock,
  signal: new AbortController().signal,
  loadDriver: async () => folderDriver(),
});
await machines.beginRotation();
await machines.continueRotation([name]);
await (await machines.load(name)).start();
process.exit();
