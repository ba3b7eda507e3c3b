import { createHash } from 'node:crypto';
import type { RsaKey } from '../certs/rsa-key.ts';
import type { HostOptions } from '../store/host-options.ts';
import { defaultHostOptions } from '../store/host-options.ts';
import type { MachineRecord } from '../store/record.ts';
import type { CreateRequest, StepListener } from './api.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import type { OpenDriver } from './open-driver.ts';

/** What the steps of one create share. */
export interface CreateJob {
  readonly host: MachinesHost;
  readonly request: CreateRequest;
  readonly steps: StepListener;
  readonly signal: AbortSignal;
  /** Of a guest that is given one: generated while the first steps run, used when the machine has no key yet. */
  readonly sshKey: Promise<RsaKey> | undefined;
  /** The machine's files, from step `entry` on, or those an earlier attempt left. */
  entry: MachineEntry | undefined;
  opened: OpenDriver | undefined;
  /** An earlier attempt at the same create got past the making of the VM and then died: this one only waits. */
  readonly resumed: boolean;
}

/** The opened driver; the first step opens it. */
export function driverOf(job: CreateJob): OpenDriver['driver'] {
  if (!job.opened) throw new Error('create: the driver is not open yet');
  return job.opened.driver;
}

export function entryOf(job: CreateJob): MachineEntry {
  if (!job.entry) throw new Error('create: the machine has no files yet');
  return job.entry;
}

/** Tells the same create from another one. Secrets may change in between, and no digest of one is kept. */
export function requestDigest({ name, driver, driverFlags, engine, tlsSan, swarm = {}, sshProxyJump = '' }: CreateRequest): string {
  const shown = driver.flags.filter((flag) => !flag.secret).map((flag) => [flag.name, driverFlags[flag.name]]);
  return createHash('sha256')
    .update(JSON.stringify([name, driver.name, shown, engine, tlsSan, swarm, sshProxyJump]))
    .digest('hex');
}

/** What config.json has no field for and later commands want to know. */
export function recordedWish({ driver, engine, sshProxyJump }: CreateRequest): Pick<MachineRecord, 'engine' | 'sshProxyJump'> {
  return {
    ...(driver.capabilities.guest === 'distribution' ? { engine: { kind: engine.kind ?? 'docker', version: engine.version ?? '' } } : {}),
    ...(sshProxyJump === undefined ? {} : { sshProxyJump }),
  };
}

/** As docker-machine writes them. */
export function hostOptions({ host, request }: CreateJob): HostOptions {
  const { engine, tlsSan, name } = request;
  const options = defaultHostOptions();
  const machine = host.paths.machine(name);
  Object.assign(options.EngineOptions, {
    ArbitraryFlags: [...engine.opts],
    Env: [...engine.env],
    InsecureRegistry: [...engine.insecureRegistries],
    Labels: [...engine.labels],
    StorageDriver: engine.storageDriver,
    RegistryMirror: [...engine.registryMirrors],
    InstallURL: engine.installUrl,
  });
  Object.assign(options.SwarmOptions, request.swarm);
  Object.assign(options.AuthOptions, {
    CertDir: host.paths.certsDir,
    CaCertPath: host.authority.caCert,
    CaPrivateKeyPath: host.authority.caKey,
    ServerCertPath: machine.serverCert,
    ServerKeyPath: machine.serverKey,
    ClientKeyPath: host.authority.clientKey,
    ClientCertPath: host.authority.clientCert,
    ServerCertSANs: [...tlsSan],
    StorePath: machine.dir,
  });
  return options;
}
