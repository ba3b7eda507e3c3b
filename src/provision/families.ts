/** Families of distributions and their package managers, from templates/provision. */
import families from '../../templates/provision/families.json' with { type: 'json' };
import managers from '../../templates/provision/package-managers.json' with { type: 'json' };
import { MachineError } from '../core/errors.ts';
import type { InitScript } from './openrc-conf.ts';
import type { Distribution } from './os-release.ts';

export interface Family {
  /** Values of os-release's ID and ID_LIKE. */
  readonly match: readonly string[];
  readonly manager: ManagerName | 'none';
  /** Packages that are Docker's engine, the better ones first; none where the engine is part of the system. */
  readonly engines: readonly EnginePackages[];
  /** What its packages bring for an init other than systemd; OpenRC's own where nothing is said. */
  readonly initScript?: InitScript;
  /** '' where the system's own choice stays. */
  readonly storageDriver: string;
  /** Docker's repository, written where the distribution has no package of an engine. Packages are verified by its key. */
  readonly repository?: { readonly path: string; readonly lines: readonly string[] };
}

export interface EnginePackages {
  /** The first is the engine itself; those whose names begin with its name have its version. */
  readonly packages: readonly string[];
  /** Installed with it where the distribution has them. */
  readonly extras: readonly string[];
}

export type ManagerName = keyof typeof managers;

/** A package manager's command lines; `{package}`, `{version}` and `{program}` stand for what is known later. */
export interface PackageManager {
  /** The first of these that is there is `{program}`. */
  readonly programs: readonly string[];
  readonly refresh: readonly string[];
  /** Says something, with exit code 0, when the package can be had. */
  readonly available: readonly string[];
  readonly installed: readonly string[];
  /** Matches what `installed` says of an installed package; its group is the version. */
  readonly installedAs: string;
  /** Matches what `installed` says of a package whose installation did not end. */
  readonly unfinished?: string;
  /** Lists the versions that can be had, the newest first, between bars. Without it `pinned` takes the version as given. */
  readonly versions?: readonly string[];
  readonly install: readonly string[];
  readonly upgrade: readonly string[];
  /** A package of one version; undefined where the manager knows only the newest. */
  readonly pinned?: string;
  /** Matches what it says while another process holds its lock. */
  readonly locked: string;
  /** Exit codes other than 0 of what was done: a reboot is due, a repository was skipped. */
  readonly succeeded?: readonly number[];
  /** Matches what a failed `refresh` says where the other repositories were refreshed. */
  readonly refreshedInPart?: string;
  /** What it says after it was killed, and what mends that. */
  readonly interrupted?: string;
  readonly repair?: readonly string[];
}

export const FAMILIES = families as readonly Family[];

export function packageManager(name: ManagerName): PackageManager {
  return managers[name];
}

/** By ID, else by the nearest of ID_LIKE that is known. Throws `OS_NOT_RECOGNIZED` naming what was found. */
export function familyOf({ id, like, title }: Distribution): Family {
  for (const name of [id, ...like]) {
    const family = FAMILIES.find(({ match }) => match.includes(name));
    if (family) return family;
  }
  const found =
    id === '' ? 'no os-release with an ID' : `${JSON.stringify(title)} (ID ${id}${like.length > 0 ? `, ID_LIKE ${like.join(' ')}` : ''})`;
  throw new MachineError('OS_NOT_RECOGNIZED', 'OS type not recognized', {
    hint: `found ${found}; known: ${FAMILIES.flatMap(({ match }) => match).join(', ')}`,
  });
}

/** What docker-machine calls the distributions it knew; others go by their ID. */
const NAMES: Readonly<Record<string, string>> = { ubuntu: 'ubuntu(systemd)', rhel: 'redhat', coreos: 'coreOS' };

/** As in `Provisioning with …`. */
export function provisionerName({ id, like }: Distribution): string {
  if ([id, ...like].includes('suse') || id.startsWith('opensuse')) return 'SUSE';
  return NAMES[id] ?? id;
}
