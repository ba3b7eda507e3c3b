/** The context that drivers under test are given: real where that is harmless, observed, and failing on demand. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { MachineError } from '../../core/errors.ts';
import { thisPlatform } from '../../host/platform.ts';
import { processRunner } from '../../host/process-runner.ts';
import type { DriverContext } from '../context.ts';
import type { Observer } from './observer.ts';
import { testSshPair } from './ssh-pair.ts';

export interface ContextParts {
  readonly root: string;
  readonly storeId: string;
  readonly machineName: string;
  readonly signal: AbortSignal;
  readonly observer: Observer;
  readonly secrets: ReadonlyMap<string, string>;
  lock<T>(name: string, work: () => Promise<T>): Promise<T>;
  checkpoint(state: string): void;
  peers(): readonly string[];
}

export function kitContext(parts: ContextParts): DriverContext {
  const { root, observer, signal, machineName } = parts;
  const machineDir = join(root, 'machines', machineName);
  mkdirSync(machineDir, { recursive: true, mode: 0o700 });
  const runner = processRunner({ info: () => {}, warn: () => {}, debug: () => {} });
  const absent = (what: string) => async () => {
    throw new MachineError('KIT', `the kit has no ${what}: the subject's context() gives one`);
  };
  return {
    storeId: parts.storeId,
    storePath: root,
    platform: thisPlatform(),
    runner: {
      async run(file, args, options = {}) {
        observer.show('a command line', [file, ...args].join(' '));
        return runner.run(file, args, options.env ? { ...options, env: observer.marked(options.env) } : options);
      },
    },
    log: observer.log,
    clock: fastClock(),
    fetch,
    signal,
    lock: parts.lock,
    machineName,
    machineDir,
    tempDir: async () => mkdtempSync(join(root, 'temporary-')),
    secret: async (flag) => parts.secrets.get(flag) ?? '',
    async checkpoint(state) {
      observer.show('a checkpoint', state);
      parts.checkpoint(state);
    },
    bootImage: absent('boot image'),
    identity: absent('identity'),
    sshKey: async () => testSshPair(machineDir),
    newHostKey: absent('host key'),
    peers: async () => parts.peers(),
    runRemote: absent('SSH'),
    reachable: async () => false,
    supervise: absent('supervisor'),
    supervisor: async () => undefined,
    vmAlive: async () => false,
  };
}

/** Time that passes at once when it is waited for, so that polling costs nothing and limits are reached. */
function fastClock(): Clock {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 2)));
      ahead += Math.max(0, milliseconds - 2);
      signal?.throwIfAborted();
    },
  };
}
