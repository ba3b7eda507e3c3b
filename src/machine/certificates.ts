/** The certificates a machine is to have: what its engine is given, and when this computer's files follow. */
import { readFile } from 'node:fs/promises';
import type { CurrentAuthority } from '../certs/rotation.ts';
import { writeFileAtomic } from '../core/atomic-file.ts';
import type { IdentityRequest } from '../driver/context.ts';
import type { MachineIdentity } from '../provision/index.ts';
import { authorityOf, withAuthority } from './authority.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import { readIdentity } from './identity.ts';

/** PEM. */
export interface ServerPair {
  readonly certificate: string;
  readonly key: string;
}

/** What to give a guest, and what to note when it has it. */
export interface PreparedCertificates {
  readonly identity: MachineIdentity;
  /** PEM of what clients of the engine will use. */
  readonly client: { readonly ca: string; readonly cert: string; readonly key: string };
  /** The engine has something else, or nobody knows what it has. */
  readonly differs: boolean;
  /** The guest has the files: what it must show from now on is written here. */
  installed(): Promise<void>;
  /** The engine uses them: the copies that DOCKER_CERT_PATH points to follow, and the machine counts as up to date. */
  adopted(): Promise<void>;
}

/**
 * The server certificate for these addresses (with `renew` always a new one) and the CAs to trust. From here on the machine's
 * clients accept both what the engine shows and what it will show. The generation is counted up before anything is given away:
 * after a crash in between the guest is given the old pair once more, never a new one that it would not take.
 */
export async function prepareCertificates(
  host: MachinesHost,
  entry: MachineEntry,
  request: IdentityRequest,
  { renew = false, atBoot = false } = {},
): Promise<PreparedCertificates> {
  const { fingerprintsOf } = await import('../certs/bundle.ts');
  const { authority, pair, isNew } = await serverPair(host, entry, request.addresses, renew);
  const trust = fingerprintsOf(authority.trust, authority.paths.caCert);
  const { offeredTrust, trust: known } = entry.record;
  const given = (offeredTrust ?? known)?.join();
  const differs = isNew || (given === undefined ? authority.rotating : given !== trust.join()); // docker-machine noted nothing
  const certificateGeneration = entry.record.certificateGeneration + (differs ? 1 : 0);
  if (differs || atBoot) await entry.update({ certificateGeneration, ...(atBoot ? { offeredTrust: trust } : {}) });
  await widenClientTrust(entry, authority.trust);
  const client = { ca: authority.trust, cert: authority.clientCert, key: authority.clientKey };
  return {
    identity: await readIdentity(entry, request, { ca: authority.trust, cert: pair.certificate, key: pair.key }),
    client,
    differs,
    installed: () => saveServerPair(entry, pair),
    adopted: () => adopt(entry, authority, trust),
  };
}

/** As `prepareCertificates` for a guest that takes them at its next boot; `adoptOffered` follows when it is ready. */
export async function offerCertificates(host: MachinesHost, entry: MachineEntry, request: IdentityRequest): Promise<MachineIdentity> {
  const prepared = await prepareCertificates(host, entry, request, { atBoot: true });
  await prepared.installed();
  return prepared.identity;
}

/** The guest booted with what was offered last. */
export async function adoptOffered(host: MachinesHost, entry: MachineEntry): Promise<void> {
  const { offeredTrust } = entry.record;
  if (offeredTrust === undefined) return;
  const authority = await withAuthority(host, authorityOf(entry.config.hostOptions.AuthOptions), async (current) => current);
  await adopt(entry, authority, offeredTrust);
}

/** The copies of CA and client pair in the machine's folder. */
export async function writeClientFiles(entry: MachineEntry, authority: CurrentAuthority): Promise<void> {
  const { paths } = entry;
  await replace(paths.caCert, authority.trust, 0o644);
  await replace(paths.clientKey, authority.clientKey, 0o600);
  await replace(paths.clientCert, authority.clientCert, 0o644);
}

/**
 * The engine trusts these CAs. Where the one that signs the client is not among them, as a rotation began since the offer, the
 * copies wait.
 */
export async function adopt(entry: MachineEntry, authority: CurrentAuthority, trust: readonly string[]): Promise<void> {
  const { offeredTrust, ...record } = entry.record;
  if (trust.includes(authority.fingerprint)) await writeClientFiles(entry, authority);
  if (offeredTrust !== undefined || record.trust?.join() !== trust.join()) await entry.replaceRecord({ ...record, trust });
}

async function serverPair(host: MachinesHost, entry: MachineEntry, addresses: readonly string[], renew: boolean) {
  const { certificateNames, serverCertificateFits } = await import('../certs/server-certificate.ts');
  const { issueServerCertificate } = await import('../certs/authority.ts');
  const { generateRsaKey } = await import('../certs/rsa-key.ts');
  const { name, hostOptions } = entry.config;
  const { serverCert, serverKey } = entry.paths;
  const names = certificateNames(hostOptions.AuthOptions.ServerCertSANs ?? [], addresses, name);
  const now = host.options.clock.now();
  const paths = authorityOf(hostOptions.AuthOptions);
  const fitting = await withAuthority(host, paths, async (authority) => {
    const files = { caCert: authority.paths.caCert, certificate: serverCert, key: serverKey };
    if (renew || !(await serverCertificateFits(files, names, now))) return undefined;
    const pair = { certificate: await readFile(serverCert, 'utf8'), key: await readFile(serverKey, 'utf8') };
    return { authority, pair, isNew: false };
  });
  if (fitting) return fitting;
  const key = generateRsaKey(); // outside the lock: it takes a while
  await key;
  return withAuthority(host, paths, async (authority) => {
    const pair = await issueServerCertificate(authority.paths, { user: host.user, machineName: name, names, now, key });
    return { authority, pair, isNew: true };
  });
}

async function saveServerPair(entry: MachineEntry, pair: ServerPair): Promise<void> {
  const { writePair } = await import('../certs/files.ts');
  await writePair({ certificate: entry.paths.serverCert, key: entry.paths.serverKey }, pair);
}

async function widenClientTrust(entry: MachineEntry, trust: string): Promise<void> {
  const { bundleOf } = await import('../certs/bundle.ts');
  const { readPem } = await import('../certs/files.ts');
  const before = await readPem(entry.paths.caCert);
  await replace(entry.paths.caCert, before === undefined ? trust : bundleOf(before, trust), 0o644);
}

async function replace(path: string, content: string, mode: number): Promise<void> {
  const { readPem } = await import('../certs/files.ts');
  if ((await readPem(path)) !== content) await writeFileAtomic(path, content, mode);
}
