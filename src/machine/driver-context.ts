import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { writeFileAtomic } from '../core/atomic-file.ts';
import type { Logger } from '../core/logger.ts';
import type { DriverContext, HostContext, IdentityRequest } from '../driver/context.ts';
import type { DriverDefinition } from '../driver/contract.ts';
import type { EngineCredentials } from '../host/virtual-machine.ts';
import type { MachinePaths } from '../store/paths.ts';
import type { SecretSources } from '../store/secrets.ts';
import { bootImageOf } from './boot-images.ts';
import { loadEntry, type MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import { machineNames } from './listing.ts';

export interface OwnedContext {
  readonly context: DriverContext;
  /** Deletes temporary folders. */
  dispose(): Promise<void>;
}

export async function hostContext(host: MachinesHost, driverName: string, signal: AbortSignal): Promise<HostContext> {
  const { platform, runner, log, clock } = host.options;
  return {
    storeId: await host.storeId(),
    storePath: host.paths.root,
    platform,
    runner,
    log,
    clock,
    fetch,
    signal,
    lock: (name, work) => host.lockStore(`driver-${driverName}-${name}`, work, signal),
  };
}

/** The context of a machine whose folder exists (`entry`), or of one that is only being checked; `secrets`: given to the create under way. */
export async function driverContext(
  host: MachinesHost,
  name: string,
  definition: DriverDefinition,
  entry: () => MachineEntry | undefined,
  signal: AbortSignal,
  secrets?: SecretSources,
): Promise<OwnedContext> {
  const place = () => entry()?.paths ?? host.paths.machine(name); // what rm -f kept lies elsewhere
  const machineDir = place().dir;
  const temporary: string[] = [];
  const computer = { platform: host.options.platform, runner: host.options.runner };
  const log = prefixed(host.options.log, name);
  const made = (): MachineEntry => {
    const found = entry();
    if (!found) throw new Error(`driver ${definition.name}: the machine's files are asked for before create`);
    return found;
  };
  const context: DriverContext = {
    ...(await hostContext(host, definition.name, signal)),
    log,
    machineName: name,
    machineDir,
    async tempDir() {
      const dir = await mkdtemp(join(tmpdir(), 'tsmachine-'));
      temporary.push(dir);
      return dir;
    },
    secret: async (flag) => (await import('./driver-secret.ts')).driverSecret(host, place(), definition, flag, secrets),
    sshKey: async () => (await import('./identity.ts')).machineSshKey(made()),
    newHostKey: async () => (await import('../ssh/key-format.ts')).newOpenSshHostKey(),
    checkpoint: (state) => made().saveDriver(state),
    bootImage: (reference) => bootImageOf(host, reference, signal),
    identity: (request) => identity(host, definition, made(), request),
    peers: () => peers(host, name, definition.name),
    runRemote: async (endpoint, words, { root = false } = {}) =>
      (await import('./remote.ts')).runRemote(host, made(), endpoint, words, root, signal),
    reachable: async (endpoint, timeout) => (await import('./remote.ts')).reachable(host, made(), endpoint, timeout, signal),
    supervise: async (vm) =>
      (await import('../supervisor/index.ts')).supervise(machineDir, { ...vm, credentials: engineCredentials(place()) }, computer),
    supervisor: async () => (await import('../supervisor/index.ts')).findSupervisor(machineDir, computer),
    vmAlive: async () => (await import('../supervisor/index.ts')).vmAlive(machineDir, computer),
  };
  return { context, dispose: async () => void (await Promise.all(temporary.map((dir) => rm(dir, { recursive: true, force: true })))) };
}

/** The client's copies, as `docker` itself uses them. Relative: the supervisor works in the machine's folder, wherever that is moved. */
function engineCredentials(paths: MachinePaths): EngineCredentials {
  const { caCert, clientCert, clientKey, serverCert } = paths;
  return { ca: basename(caCert), cert: basename(clientCert), key: basename(clientKey), server: basename(serverCert) };
}

async function identity(host: MachinesHost, definition: DriverDefinition, entry: MachineEntry, request: IdentityRequest) {
  const { provisionerFor, tarOf } = await import('../provision/index.ts');
  const provisioner = provisionerFor(definition.capabilities.guest);
  if (!provisioner) throw new Error(`driver ${definition.name}: its guest takes no identity`);
  const { offerCertificates } = await import('./certificates.ts');
  const files = provisioner.handOver(await offerCertificates(host, entry, request));
  return {
    files,
    writeTarDisk: (path: string) => writeFileAtomic(path, tarOf(files), 0o600),
  };
}

async function peers(host: MachinesHost, self: string, driverName: string): Promise<string[]> {
  const others = (await machineNames(host.paths)).filter((name) => name !== self);
  const entries = await Promise.all(others.map((name) => loadEntry(host.paths.machine(name), name).catch(() => undefined)));
  return entries.filter((entry) => entry?.config.driverName === driverName).map((entry) => entry?.config.driver ?? '{}');
}

/** docker-machine shows what a driver says as `(NAME) line`. */
function prefixed(log: Logger, name: string): Logger {
  const line = (message: string) => `(${name}) ${message}`;
  return {
    info: (message) => log.info(line(message)),
    warn: (message) => log.warn(line(message)),
    debug: (message) => log.debug(line(message)),
  };
}
