import { MachineError } from '../core/errors.ts';
import { serviceScript } from './engine-ts-bundle.ts';
import type { Guest } from './guest.ts';

/** What of our engine is on a machine, and what it needs. */
export interface EngineTsState {
  readonly cgroup2: boolean;
  readonly overlay: boolean;
  /** Programs it runs that are not there. */
  readonly missing: readonly string[];
  /** Bytes free where its files go. */
  readonly free: number;
  /** Digest of the files that are there. */
  readonly digest: string | undefined;
  /** /usr/bin/dockerd is ours. */
  readonly program: boolean;
  /** So is the service `docker`. */
  readonly service: boolean;
  /** A package manager's file can be moved aside. */
  readonly divert: boolean;
  /** There is a /usr/bin/dockerd of somebody else's. */
  readonly foreign: boolean;
  /** Which engine runs, if any does. */
  readonly running: 'docker' | 'ts' | undefined;
  /** Running containers of whichever engine. */
  readonly containers: number;
}

/** One round trip. Throws `PROVISION_FAILED`. */
export async function lookAtEngineTs({ root }: Pick<Guest, 'root'>): Promise<EngineTsState> {
  const { exitCode, stdout, stderr } = await root.run(['sh', '-c', await serviceScript('look.sh')]);
  if (exitCode !== 0)
    throw new MachineError('PROVISION_FAILED', `the engine's places could not be looked at: ${stderr.trim() || `exit code ${exitCode}`}`);
  const values = stdout.split('\n').map((line) => /^([a-z0-9]+)=(.*)$/.exec(line));
  const all = (key: string) => values.flatMap((match) => (match?.[1] === key ? [match[2] ?? ''] : []));
  const has = (key: string) => all(key)[0] === 'yes';
  const running = all('running')[0];
  return {
    cgroup2: has('cgroup2'),
    overlay: has('overlay'),
    missing: all('missing'),
    free: Number(all('free')[0] ?? 0) * 1024,
    digest: all('digest')[0],
    program: has('program'),
    service: has('service'),
    divert: has('divert'),
    foreign: has('foreign'),
    running: running === undefined ? undefined : running === 'ts' ? 'ts' : 'docker',
    containers: Number(all('containers')[0] ?? 0),
  };
}
