import { MachineError } from '../core/errors.ts';
import type { EngineInstaller, EngineWish } from './engine-installer.ts';
import type { EnginePackages } from './families.ts';
import type { Guest } from './guest.ts';
import { Packages } from './packages.ts';
import { remoteFailure } from './reason.ts';
import { writeFiles } from './remote-files.ts';
import { INSTALL_URL_SCRIPT, PACKAGES_SCRIPT } from './scripts/packages.ts';

/** docker-machine's default; it means packages here. */
const DEFAULT_INSTALL_URL = 'https://get.docker.com';

/** Docker's own engine, from packages of the distribution or of Docker, or by a script the user names. */
export const dockerEngine: EngineInstaller = {
  kind: 'docker',
  certificatesRestartEngine: true,

  async check({ facts }) {
    if (facts.init !== 'systemd' && facts.init !== 'openrc')
      throw new MachineError('ENGINE_UNSUPPORTED', `expected systemd or OpenRC on the machine, found ${facts.init || 'neither'}`);
  },

  async install(guest, wish) {
    const { engine, family, log } = guest;
    if (family.manager === 'none') return partOfSystem(guest, wish);
    const packages = new Packages(guest);
    const found = await findInstalled(packages, family.engines);
    const unfinished = found?.state === 'unfinished';
    if (engine.program !== undefined && !unfinished && isVersion(engine.version, wish.version)) return false;
    log.info('Installing Docker...');
    if (wish.installUrl !== DEFAULT_INSTALL_URL && wish.installUrl !== '') await runInstallScript(guest, packages, wish);
    else {
      await packages.refresh();
      await packages.install(await wanted(packages, found?.set ?? (await choose(guest, packages)), wish.version));
    }
    return true;
  },

  async upgrade(guest, wish) {
    if (guest.family.manager === 'none') return false; // with the system
    const packages = new Packages(guest);
    if (wish.installUrl !== DEFAULT_INSTALL_URL && wish.installUrl !== '') {
      await runInstallScript(guest, packages, wish);
      return true;
    }
    const found = await findInstalled(packages, guest.family.engines);
    if (found === undefined)
      throw new MachineError('PACKAGES', 'the engine on the machine was not installed from packages known here', {
        hint: `known: ${guest.family.engines.map(({ packages: [first] }) => first).join(', ')}; upgrade it the way it was installed`,
      });
    const [engine = ''] = found.set.packages;
    const before = await packages.state(engine);
    await packages.refresh();
    if (wish.version === '') await packages.upgrade(found.set.packages);
    else await packages.install(await wanted(packages, found.set, wish.version));
    return JSON.stringify(await packages.state(engine)) !== JSON.stringify(before);
  },

  storageDriver({ family, engine }) {
    return family.storageDriver !== '' && engine.fileSystem === 'btrfs' && family.manager === 'zypper' ? 'btrfs' : family.storageDriver;
  },
};

async function partOfSystem({ engine, facts }: Guest, { version }: EngineWish): Promise<false> {
  if (engine.program === undefined)
    throw new MachineError('ENGINE_UNSUPPORTED', `expected Docker as part of ${facts.distribution.title}, found no dockerd`);
  if (!isVersion(engine.version, version))
    throw new MachineError(
      'ENGINE_UNSUPPORTED',
      `Docker ${engine.version} is part of ${facts.distribution.title}; version ${version} was asked for`,
    );
  return false;
}

/** Whether this version is the one asked for or a build of it. */
function isVersion(found: string, asked: string): boolean {
  return asked === '' || found === asked || (found.startsWith(asked) && /^[^0-9A-Za-z]/.test(found.slice(asked.length)));
}

async function findInstalled(packages: Packages, sets: readonly EnginePackages[]) {
  for (const set of sets) {
    const { state } = await packages.state(set.packages[0] ?? '');
    if (state !== 'absent') return { set, state };
  }
  return undefined;
}

/** The first that can be had, with Docker's own repository as a last resort. */
async function choose(guest: Guest, packages: Packages): Promise<EnginePackages> {
  const { engines, repository } = guest.family;
  const available = async () => {
    for (const set of engines) if (await packages.isAvailable(set.packages[0] ?? '')) return set;
    return undefined;
  };
  const found = await available();
  if (found) return found;
  if (repository) {
    guest.log.info(`Adding Docker's package repository as ${repository.path}...`);
    await writeFiles(guest.root, 'repository', [{ path: repository.path, mode: 0o644, content: `${repository.lines.join('\n')}\n` }]);
    await packages.refresh();
    const added = await available();
    if (added) return added;
  }
  throw new MachineError(
    'PACKAGES',
    `${guest.facts.distribution.title} has no package of an engine: looked for ${engines.map(({ packages: [name] }) => name).join(', ')}`,
    {
      hint: "enable the repository that has it (Alpine: community), add Docker's own, or give --engine-install-url",
    },
  );
}

async function wanted(
  packages: Packages,
  { packages: [engine = '', ...others], extras }: EnginePackages,
  version: string,
): Promise<string[]> {
  const names = [];
  for (const name of [engine, ...others])
    names.push(version !== '' && name.startsWith(engine) ? await packages.pinned(name, version) : name);
  for (const name of extras) if (await packages.isAvailable(name)) names.push(name);
  return names;
}

/** The script is fetched by the machine and run from a file, whole. */
async function runInstallScript(guest: Guest, packages: Packages, { installUrl, version }: EngineWish): Promise<void> {
  const words = ['sh', '-c', PACKAGES_SCRIPT, 'sh', 'sh', '-c', INSTALL_URL_SCRIPT, 'sh', installUrl, version];
  let result = await guest.root.run(words);
  if (result.exitCode === 127) {
    await packages.refresh();
    await packages.install(['curl', 'ca-certificates']);
    result = await guest.root.run(words);
  }
  if (result.exitCode !== 0)
    throw remoteFailure('PROVISION_FAILED', `the script of ${installUrl} failed (exit ${result.exitCode})`, result);
}
