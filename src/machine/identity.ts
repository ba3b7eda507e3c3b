/** A machine's keys and certificates on this computer: made once, made anew when they do not fit, and gathered for the guest. */
import { readFile, stat } from 'node:fs/promises';
import { writeFileAtomic } from '../core/atomic-file.ts';
import type { IdentityRequest } from '../driver/context.ts';
import type { MachineIdentity } from '../provision/index.ts';
import type { AuthHostOptions } from '../store/host-options.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';

/** SSH key pair (docker-machine's names) and, for our boot image, the host key it will show, which is pinned at once. Idempotent. */
export async function ensureSshKeys(entry: MachineEntry, sshKey: Promise<{ privateKey: string; publicKey: string }>): Promise<void> {
  const { dropbearPublicLine, newEd25519HostKey, rsaPublicLine } = await import('../ssh/key-format.ts');
  const { paths } = entry;
  if (!(await exists(paths.sshKey)) || !(await exists(paths.sshPublicKey))) {
    const key = await sshKey;
    await writeFileAtomic(paths.sshPublicKey, `${rsaPublicLine(key.publicKey)}\n`, 0o600);
    await writeFileAtomic(paths.sshKey, key.privateKey, 0o600);
  }
  if (!(await exists(paths.hostKey))) await writeFileAtomic(paths.hostKey, newEd25519HostKey().dropbear, 0o600);
  const line = dropbearPublicLine(await readFile(paths.hostKey));
  if (!entry.record.hostKeys.includes(line)) await entry.update({ hostKeys: [line] });
}

/** The copies in the machine's folder that DOCKER_CERT_PATH points to. */
export async function copyClientFiles(entry: MachineEntry): Promise<void> {
  const auth = entry.config.hostOptions.AuthOptions;
  const copies = [
    [auth.CaCertPath, entry.paths.caCert, 0o644],
    [auth.ClientCertPath, entry.paths.clientCert, 0o644],
    [auth.ClientKeyPath, entry.paths.clientKey, 0o600],
  ] as const;
  await Promise.all(copies.map(async ([from, to, mode]) => writeFileAtomic(to, await readFile(from), mode)));
}

/** The server certificate for these addresses: the store's when it still fits, else a new one with the next generation. */
export async function ensureServerCertificate(host: MachinesHost, entry: MachineEntry, addresses: readonly string[]): Promise<void> {
  const { certificateNames, serverCertificateFits } = await import('../certs/server-certificate.ts');
  const { ServerCertSANs, CaCertPath } = entry.config.hostOptions.AuthOptions;
  const names = certificateNames(ServerCertSANs ?? [], addresses, entry.config.name);
  const files = { caCert: CaCertPath, certificate: entry.paths.serverCert, key: entry.paths.serverKey };
  if (await serverCertificateFits(files, names, host.options.clock.now())) return;
  await saveServerPair(entry, await nextServerPair(host, entry, addresses));
}

/**
 * A new server pair, not yet written, whose generation is. The number goes first: after a crash in between the guest is given
 * the old pair once more, never a new pair that it would not take.
 */
export async function nextServerPair(host: MachinesHost, entry: MachineEntry, addresses: readonly string[]): Promise<ServerPair> {
  const { certificateNames } = await import('../certs/server-certificate.ts');
  const { issueServerCertificate } = await import('../certs/authority.ts');
  const { name, hostOptions } = entry.config;
  const names = certificateNames(hostOptions.AuthOptions.ServerCertSANs ?? [], addresses, name);
  const request = { user: host.user, machineName: name, names, now: host.options.clock.now() };
  const pair = await issueServerCertificate(authorityOf(hostOptions.AuthOptions), request);
  await entry.update({ certificateGeneration: entry.record.certificateGeneration + 1 });
  return pair;
}

export async function saveServerPair(entry: MachineEntry, pair: ServerPair): Promise<void> {
  const { writePair } = await import('../certs/files.ts');
  await writePair({ certificate: entry.paths.serverCert, key: entry.paths.serverKey }, pair);
}

/** PEM. */
export interface ServerPair {
  readonly certificate: string;
  readonly key: string;
}

/** Everything a provisioner wants to know. The files must have been made; `pair` is one that is not written yet. */
export async function readIdentity(entry: MachineEntry, request: IdentityRequest, pair?: ServerPair): Promise<MachineIdentity> {
  const { paths, config, record } = entry;
  const { EngineOptions, AuthOptions } = config.hostOptions;
  const [authorizedKey, hostKey, ca, cert, key] = await Promise.all([
    readFile(paths.sshPublicKey, 'utf8'),
    readFile(paths.hostKey),
    readFile(AuthOptions.CaCertPath, 'utf8'),
    pair?.certificate ?? readFile(paths.serverCert, 'utf8'),
    pair?.key ?? readFile(paths.serverKey, 'utf8'),
  ]);
  return {
    hostname: config.name,
    authorizedKey,
    hostKey,
    tls: { ca, cert, key, generation: record.certificateGeneration },
    engine: {
      storageDriver: EngineOptions.StorageDriver,
      labels: [...(EngineOptions.Labels ?? []), `provider=${config.driverName}`],
      insecureRegistries: EngineOptions.InsecureRegistry ?? [],
      registryMirrors: EngineOptions.RegistryMirror ?? [],
      opts: EngineOptions.ArbitraryFlags ?? [],
      env: EngineOptions.Env ?? [],
      generation: record.engineGeneration,
      port: request.enginePort,
    },
  };
}

export function authorityOf(auth: AuthHostOptions) {
  return { caCert: auth.CaCertPath, caKey: auth.CaPrivateKeyPath, clientCert: auth.ClientCertPath, clientKey: auth.ClientKeyPath };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
