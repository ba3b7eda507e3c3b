/** Our engine as service `docker` of a distribution: files over SSH, tools from the distribution's packages. */
import { MachineError } from '../core/errors.ts';
import { type PackageFiles, packageFiles } from '../core/package-files.ts';
import type { EngineInstaller, EngineWish } from './engine-installer.ts';
import { type EngineBundle, engineBundle, serviceScript } from './engine-ts-bundle.ts';
import { type EngineTsState, lookAtEngineTs } from './engine-ts-look.ts';
import { leaveDocker } from './engine-ts-switch.ts';
import type { Guest } from './guest.ts';
import { Packages } from './packages.ts';

/** `files` finds what this package ships for guests. */
export const engineTsOf = (files: () => PackageFiles): EngineInstaller => ({
  kind: 'ts',
  program: '/usr/bin/dockerd',
  certificatesRestartEngine: false,

  async check(guest) {
    const { arch, libc, init, distribution } = guest.facts;
    if (libc === 'musl') throw unsupported(`its Node needs glibc, ${distribution.title} has musl`);
    if (arch !== 'x86_64') throw unsupported(`it is built for x86_64, this machine is ${arch}`);
    if (init !== 'systemd' && init !== 'openrc') throw unsupported(`it needs systemd or OpenRC, found ${init || 'neither'}`);
    const state = await lookAtEngineTs(guest);
    if (!state.cgroup2) {
      const setting = init === 'systemd' ? 'kernel option systemd.unified_cgroup_hierarchy=1' : 'rc_cgroup_mode=unified in /etc/rc.conf';
      throw unsupported(`its OCI runtime needs cgroup v2 alone in /sys/fs/cgroup (${setting}, then a reboot)`);
    }
    if (!state.overlay) throw unsupported('it needs overlayfs, which the kernel does not have');
    if (state.foreign && !state.divert) throw unsupported('another program is /usr/bin/dockerd: remove its package first');
  },

  async install(guest, wish) {
    const own = files();
    checkVersion(own, wish);
    const state = await lookAtEngineTs(guest);
    if (state.digest !== undefined && state.program && state.service && state.missing.length === 0) return false;
    return put(guest, await engineBundle(own), state);
  },

  async upgrade(guest, wish) {
    const own = files();
    checkVersion(own, wish);
    const bundle = await engineBundle(own);
    const state = await lookAtEngineTs(guest);
    if (state.digest === bundle.digest && state.program && state.service) return false;
    return put(guest, bundle, state);
  },

  storageDriver: () => '', // it has one
});

export const engineTs = engineTsOf(packageFiles);

/** Everything but the files of the engine is in place when it is asked for; a switch is told before anything changes. */
async function put(guest: Guest, bundle: EngineBundle, state: EngineTsState): Promise<true> {
  await leaveDocker(guest, state);
  guest.log.info('Installing the engine...');
  await installTools(guest, state.missing);
  if (state.digest !== bundle.digest) await send(guest, bundle, state.free);
  const { exitCode, stderr } = await guest.root.run(['sh', '-c', await serviceScript('install.sh'), 'sh', guest.facts.init]);
  if (exitCode !== 0)
    throw new MachineError('PROVISION_FAILED', `the engine's service could not be made: ${stderr.trim() || `exit code ${exitCode}`}`);
  return true;
}

const PACKAGE_OF: Readonly<Record<string, string>> = { nft: 'nftables', sha256sum: 'coreutils' };

/** From the distribution; where it has the docker client as a package of its own, that too. */
async function installTools(guest: Guest, missing: readonly string[]): Promise<void> {
  if (missing.length === 0) return;
  const packages = new Packages(guest);
  await packages.refresh();
  const ps = guest.engine.tools.some((tool) => ['dnf', 'yum', 'pacman'].includes(tool)) ? 'procps-ng' : 'procps';
  const names = missing.map((tool) => (tool === 'ps' ? ps : (PACKAGE_OF[tool] ?? tool)));
  await packages.install((await packages.isAvailable('docker-cli')) ? [...names, 'docker-cli'] : names);
}

/** What the files may grow to while they are checked and moved into place. */
const SPARE = 50_000_000;

async function send({ root, log, clock }: Guest, { archive, digest, size }: EngineBundle, free: number): Promise<void> {
  if (free < size + SPARE)
    throw new MachineError('NO_SPACE', `the engine needs ${megabytes(size + SPARE)} in /usr/lib, ${megabytes(free)} are free there`);
  log.info(`Copying the engine to the remote machine (${megabytes(size)}, a third of it on the wire)...`);
  const started = clock.now();
  let told = 0;
  const input = archive((bytes) => {
    const quarter = Math.floor((4 * bytes) / size);
    if (quarter > told && quarter < 4) log.info(`  ${quarter * 25} % after ${seconds(clock.now() - started)}`);
    told = Math.max(told, quarter);
  });
  const { exitCode, stdout, stderr } = await root.run(['sh', '-c', await serviceScript('receive.sh'), 'sh', digest], { input });
  if (exitCode !== 0)
    throw new MachineError(
      'PROVISION_FAILED',
      `the machine did not take the engine: ${`${stderr}\n${stdout}`.trim() || `exit code ${exitCode}`}`,
    );
  log.info(`  there and verified after ${seconds(clock.now() - started)}`);
}

function checkVersion({ version }: PackageFiles, wish: EngineWish): void {
  if (wish.version === '' || wish.version === version) return;
  throw unsupported(`tsmachine ${version} brings engine ${version}, --engine-version ${wish.version} was asked for`);
}

function unsupported(reason: string): MachineError {
  return new MachineError('ENGINE_UNSUPPORTED', `engine ts cannot run there: ${reason}`, { hint: 'use --engine docker' });
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 1_000_000)} MB`;
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
