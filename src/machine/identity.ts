/** A machine's SSH keys on this computer, and all that is gathered for its guest. */
import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../core/atomic-file.ts';
import type { IdentityRequest, SshKeyPair } from '../driver/context.ts';
import type { MachineIdentity } from '../provision/index.ts';
import type { MachinePaths } from '../store/paths.ts';
import type { MachineEntry } from './entry.ts';
import { exists } from './exists.ts';

/** SSH key pair (docker-machine's names) and, for our boot image, the host key it will show, which is pinned at once. Idempotent. */
export async function ensureSshKeys(entry: MachineEntry, sshKey: Promise<{ privateKey: string; publicKey: string }>): Promise<void> {
  const { dropbearPublicLine, newEd25519HostKey } = await import('../ssh/key-format.ts');
  const { paths } = entry;
  await ensureSshKeyPair(paths, () => sshKey);
  if (!(await exists(paths.hostKey))) await writeFileAtomic(paths.hostKey, newEd25519HostKey().dropbear, 0o600);
  const line = dropbearPublicLine(await readFile(paths.hostKey));
  if (!entry.record.hostKeys.includes(line)) await entry.update({ hostKeys: [line] });
}

/** See `DriverContext.sshKey`. */
export async function machineSshKey({ paths }: MachineEntry): Promise<SshKeyPair> {
  const { generateRsaKey } = await import('../certs/rsa-key.ts');
  await ensureSshKeyPair(paths, generateRsaKey);
  return { path: paths.sshKey, publicLine: (await readFile(paths.sshPublicKey, 'utf8')).trim() };
}

async function ensureSshKeyPair(paths: MachinePaths, newKey: () => Promise<{ privateKey: string; publicKey: string }>): Promise<void> {
  if ((await exists(paths.sshKey)) && (await exists(paths.sshPublicKey))) return;
  const { rsaPublicLine } = await import('../ssh/key-format.ts');
  const key = await newKey();
  await writeFileAtomic(paths.sshPublicKey, `${rsaPublicLine(key.publicKey)}\n`, 0o600);
  await writeFileAtomic(paths.sshKey, key.privateKey, 0o600);
}

/** Everything a provisioner wants to know; `tls` in PEM. */
export async function readIdentity(
  entry: MachineEntry,
  request: IdentityRequest,
  tls: { readonly ca: string; readonly cert: string; readonly key: string },
): Promise<MachineIdentity> {
  const { paths, config, record } = entry;
  const [authorizedKey = Buffer.of(), hostKey] = await Promise.all([readOptional(paths.sshPublicKey), readOptional(paths.hostKey)]);
  return {
    hostname: config.name,
    authorizedKey: authorizedKey.toString('utf8'),
    ...(hostKey ? { hostKey } : {}),
    tls: { ...tls, generation: record.certificateGeneration },
    engine: engineSettings(entry, request.enginePort),
  };
}

/** As `create` was told. */
export function engineSettings({ config, record }: MachineEntry, port: number): MachineIdentity['engine'] {
  const { EngineOptions } = config.hostOptions;
  return {
    storageDriver: EngineOptions.StorageDriver,
    labels: [...(EngineOptions.Labels ?? []), `provider=${config.driverName}`],
    insecureRegistries: EngineOptions.InsecureRegistry ?? [],
    registryMirrors: EngineOptions.RegistryMirror ?? [],
    opts: EngineOptions.ArbitraryFlags ?? [],
    env: EngineOptions.Env ?? [],
    generation: record.engineGeneration,
    port,
  };
}

/** A distribution has its own SSH keys, an engine that is only a URL has none. */
async function readOptional(path: string): Promise<Buffer | undefined> {
  return (await exists(path)) ? readFile(path) : undefined;
}
