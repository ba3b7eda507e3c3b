import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { identifyProcess } from '../../host/process-identity.ts';
import type { Orphan } from '../api.ts';
import type { MachinesHost } from '../host.ts';
import { machineNames } from '../listing.ts';

/** Milliseconds after which a temporary file is nobody's: a write takes seconds at most, also on another computer that shares the store. */
const STALE = 3_600_000;

/** Entries on their way in or out whose command died, and temporary files of writes that never ended. */
export async function fileOrphans(host: MachinesHost): Promise<Orphan[]> {
  return [...(await halfMade(host)), ...(await unfinishedWrites(host))];
}

async function halfMade(host: MachinesHost): Promise<Orphan[]> {
  const { stagingRoot, leavingRoot, machinesDir } = host.paths;
  const places = [
    ...(await names(stagingRoot)).map((name) => ({ name, path: join(stagingRoot, name), what: 'made' })),
    ...(await names(leavingRoot)).map((name) => ({ name, path: join(leavingRoot, name), what: 'removed' })),
    ...(await names(machinesDir)).flatMap((folder) => {
      const [, name, state] = /^\.(.+)\.(new|old)$/.exec(folder) ?? [];
      return name === undefined ? [] : [{ name, path: join(machinesDir, folder), what: state === 'new' ? 'made' : 'removed' }];
    }),
  ];
  const idle = await Promise.all(places.map(({ name }) => host.tryLockMachine(name, async () => {}))); // one that is being made now is no orphan
  return places
    .filter((_, at) => idle[at])
    .map(({ name, path, what }) => ({
      kind: 'files',
      name: relative(host.paths.root, path),
      reason: `machine ${JSON.stringify(name)} was being ${what} when its command died`,
      remove: () => host.tryLockMachine(name, () => rm(path, { recursive: true, force: true })),
    }));
}

/** Our own name the process that writes; docker-machine's begin with config.json.tmp. */
async function unfinishedWrites(host: MachinesHost): Promise<Orphan[]> {
  const { root, certsDir } = host.paths;
  const folders = [root, certsDir, ...(await machineNames(host.paths)).map((name) => host.paths.machine(name).dir)];
  const paths = (await Promise.all(folders.map(async (folder) => (await names(folder)).map((name) => join(folder, name))))).flat();
  const found: Orphan[] = [];
  for (const path of paths) {
    if (!(await isUnfinished(host, path))) continue;
    const remove = async () => {
      await rm(path, { force: true });
      return true;
    };
    found.push({ kind: 'files', name: relative(root, path), reason: 'a write that did not end', remove });
  }
  return found;
}

async function isUnfinished(host: MachinesHost, path: string): Promise<boolean> {
  const ours = /\.tmp-(\d+)-[0-9a-f]{8}$/.exec(basename(path));
  if (!ours && !/^config\.json\.tmp\d+$/.test(basename(path))) return false;
  const written = await stat(path).catch(() => undefined);
  if (!written?.isFile() || host.options.clock.now() - written.mtimeMs < STALE) return false;
  return !ours || (await identifyProcess(Number(ours[1]), host.options)) === undefined;
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}
