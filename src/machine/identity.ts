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
export async function ensureServerCertificate(
  host: MachinesHost,
  entry: MachineEntry,
  addresses: readonly string[],
  renew = false,
): Promise<void> {
  const { certificateNames, serverCertificateFits } = await import('../certs/server-certificate.ts');
  const { AuthOptions } = entry.config.hostOptions;
  const names = certificateNames(AuthOptions.ServerCertSANs ?? [], addresses, entry.config.name);
  const now = host.options.clock.now();
  const files = { caCert: AuthOptions.CaCertPath, certificate: entry.paths.serverCert, key: entry.paths.serverKey };
  if (!renew && (await serverCertificateFits(files, names, now))) return;
  const { issueServerCertificate } = await import('../certs/authority.ts');
  const { writePair } = await import('../certs/files.ts');
  const pair = await issueServerCertificate(authorityOf(AuthOptions), { user: host.user, machineName: entry.config.name, names, now });
  // the number first: after a crash in between the guest is given the old pair once more, never a new pair it would not take
  await entry.update({ certificateGeneration: entry.record.certificateGeneration + 1 });
  await writePair(files, pair);
}

/** Everything a provisioner wants to know. The files must have been made. */
export async function readIdentity(entry: MachineEntry, request: IdentityRequest): Promise<MachineIdentity> {
  const { paths, config, record } = entry;
  const { EngineOptions, AuthOptions } = config.hostOptions;
  const [authorizedKey, hostKey, ca, cert, key] = await Promise.all([
    readFile(paths.sshPublicKey, 'utf8'),
    readFile(paths.hostKey),
    readFile(AuthOptions.CaCertPath, 'utf8'),
    readFile(paths.serverCert, 'utf8'),
    readFile(paths.serverKey, 'utf8'),
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
