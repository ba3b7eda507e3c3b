import { systemClock } from '../../src/core/clock.ts';
import type { DriverDefinition } from '../../src/driver/index.ts';
import { thisPlatform } from '../../src/host/platform.ts';
import { processRunner } from '../../src/host/process-runner.ts';
import type { MachinesOptions, StepListener } from '../../src/machine/api.ts';
import { temporaryFolder } from './temporary.ts';

/** A library of a store of its own, with what it said. */
export interface TestStore {
  readonly root: string;
  readonly cloud: string;
  readonly lines: string[];
  readonly warnings: string[];
  readonly options: MachinesOptions;
}

export async function testStore(driver: DriverDefinition, signal = new AbortController().signal): Promise<TestStore> {
  const root = temporaryFolder();
  const cloud = temporaryFolder();
  const lines: string[] = [];
  const warnings: string[] = [];
  const log = { info: (line: string) => void lines.push(line), warn: (line: string) => void warnings.push(line), debug: () => {} };
  const platform = thisPlatform();
  const options = {
    storePath: root,
    platform: { ...platform, env: { ...platform.env, USER: 'tester' } },
    runner: processRunner(log),
    log,
    clock: systemClock,
    signal,
    loadDriver: async () => driver,
  };
  return { root, cloud, lines, warnings, options };
}

export { createRequest } from './create-request.ts';

export const noSteps: StepListener = { begin: () => {}, detail: () => {}, end: () => {} };
