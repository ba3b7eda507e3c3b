import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { delimiter, join, win32 } from 'node:path';
import type { Platform } from '../../host/platform.ts';

const PREFIX = 'docker-machine-driver-';
/** We ourselves, for docker-machine. */
const OURS = 'tsmachine';
const PLAIN_NAME = /^[A-Za-z0-9][\w.-]*$/;

/** Drivers that the program `docker-machine` itself serves, where it is installed. */
const DOCKER_MACHINE = [
  ...['amazonec2', 'azure', 'digitalocean', 'exoscale', 'generic', 'google', 'hyperv', 'none', 'openstack', 'rackspace'],
  ...['softlayer', 'virtualbox', 'vmwarefusion', 'vmwarevcloudair', 'vmwarevsphere'],
];

/** Names of `docker-machine-driver-NAME` on PATH with their programs; of two of the same name the first. Reads folders alone. */
export async function goDriversOnPath(platform: Platform): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const folders = pathFolders(platform);
  const files = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  for (const [at, folder] of folders.entries())
    for (const file of files[at] ?? []) {
      const name = platform.os === 'win32' ? file.replace(/\.exe$/i, '') : file;
      const driver = name.slice(PREFIX.length);
      if (!name.startsWith(PREFIX) || !PLAIN_NAME.test(driver) || driver === OURS || found.has(driver)) continue;
      if (await isProgram(join(folder, file))) found.set(driver, join(folder, file));
    }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The program of one driver: its own, else `docker-machine` for those that it serves itself. */
export async function findGoDriver(name: string, platform: Platform): Promise<string | undefined> {
  if (!PLAIN_NAME.test(name)) return undefined;
  const own = await programOnPath(PREFIX + name, platform);
  return own ?? (DOCKER_MACHINE.includes(name) ? programOnPath('docker-machine', platform) : undefined);
}

async function programOnPath(name: string, platform: Platform): Promise<string | undefined> {
  const file = platform.os === 'win32' ? `${name}.exe` : name;
  for (const folder of pathFolders(platform)) if (await isProgram(join(folder, file))) return join(folder, file);
  return undefined;
}

/** An empty part of PATH would be the folder one happens to be in. */
function pathFolders({ os, env }: Platform): string[] {
  const path = (os === 'win32' ? (env.Path ?? env.PATH) : env.PATH) ?? '';
  return path.split(os === 'win32' ? win32.delimiter : delimiter).filter((folder) => folder !== '');
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
