import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import type { DriverDefinition } from '../../src/driver/index.ts';
import { thisPlatform } from '../../src/host/platform.ts';
import { processRunner } from '../../src/host/process-runner.ts';
import type { CreateRequest, MachinesOptions, StepListener } from '../../src/machine/api.ts';

/** A library of a store of its own, with what it said. */
export interface TestStore {
  readonly root: string;
  readonly cloud: string;
  readonly lines: string[];
  readonly warnings: string[];
  readonly options: MachinesOptions;
}

export async function testStore(driver: DriverDefinition, signal = new AbortController().signal): Promise<TestStore> {
  const root = await mkdtemp(join(tmpdir(), 'tsmachine-test-'));
  const cloud = await mkdtemp(join(tmpdir(), 'tsmachine-test-cloud-'));
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

export function createRequest(name: string, driver: DriverDefinition, driverFlags: CreateRequest['driverFlags']): CreateRequest {
  const engine = {
    opts: [],
    insecureRegistries: [],
    registryMirrors: [],
    labels: [],
    storageDriver: '',
    env: [],
    installUrl: 'https://get.docker.com',
  };
  return { name, driver, driverFlags, engine, tlsSan: [] };
}

export const noSteps: StepListener = { begin: () => {}, detail: () => {}, end: () => {} };
