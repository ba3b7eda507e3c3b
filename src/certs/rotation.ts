/**
 * A new CA and client pair for a whole store while every machine stays reachable. The new ones lie in a folder of their own until
 * each machine's engine trusts both CAs and shows a certificate of the new one; only then they take the old ones' places. The
 * folder's name is the journal: `next` while machines are being visited, `ready` while the files move. Each function is called
 * under the store's lock for certificates, and finishes what a process that died began.
 */
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder, writeFileAtomic } from '../core/atomic-file.ts';
import { systemCode } from '../core/errors.ts';
import { makeFolder } from '../core/folder.ts';
import { type AuthorityPaths, type BootstrapOptions, ensureAuthority } from './authority.ts';
import { bundleOf, fingerprintsOf } from './bundle.ts';
import { writePair } from './files.ts';

export interface RotationFolders {
  readonly staging: string;
  readonly next: string;
  readonly ready: string;
}

/** Who signs now, and whom engines and clients are to trust. PEM. */
export interface CurrentAuthority {
  /** The CA that signs and the client pair that machines are to have. */
  readonly paths: AuthorityPaths;
  /** The CA that signs. */
  readonly signer: string;
  /** Its SHA-256. */
  readonly fingerprint: string;
  /** It, and while a rotation goes on the one before it. */
  readonly trust: string;
  readonly clientCert: string;
  readonly clientKey: string;
  readonly rotating: boolean;
}

/** `folders`: undefined for an authority that is the user's own. `ensure` makes what is missing of the one that signs. */
export async function currentAuthority(
  paths: AuthorityPaths,
  folders: RotationFolders | undefined,
  ensure: (paths: AuthorityPaths) => Promise<void>,
): Promise<CurrentAuthority> {
  if (folders) await moveReady(paths, folders);
  const rotating = folders !== undefined && (await isThere(folders.next));
  const from = rotating ? authorityIn(folders.next) : paths;
  await ensure(from);
  const [signer, clientCert, clientKey] = await Promise.all([
    readFile(from.caCert, 'utf8'),
    readFile(from.clientCert, 'utf8'),
    readFile(from.clientKey, 'utf8'),
  ]);
  const trust = rotating ? bundleOf(signer, await readFile(paths.caCert, 'utf8')) : signer;
  const [fingerprint = ''] = fingerprintsOf(signer, from.caCert);
  return { paths: from, signer, fingerprint, trust, clientCert, clientKey, rotating };
}

/**
 * Makes the new CA and client pair, or goes on with those of a rotation that did not end. From here on ca.pem holds both CAs, the
 * old one first, as its key is still beside it: docker-machine reads and signs with them meanwhile. Gives whether it began anew.
 */
export async function beginRotation(paths: AuthorityPaths, folders: RotationFolders, options: BootstrapOptions): Promise<boolean> {
  await moveReady(paths, folders);
  const anew = !(await isThere(folders.next));
  if (anew) {
    await rm(folders.staging, { recursive: true, force: true });
    await makeFolder(folders.staging);
    // another name than the old CA's: without key identifiers (Go before 1.15 wrote none) OpenSSL tells CAs apart by name alone
    const authorityName = `${options.user}.${crypto.randomUUID().slice(0, 8)}`;
    await ensureAuthority(authorityIn(folders.staging), { ...options, authorityName });
    await rename(folders.staging, folders.next);
    await syncFolder(dirname(folders.next));
  }
  const [before, next] = await Promise.all([readFile(paths.caCert, 'utf8'), readFile(authorityIn(folders.next).caCert, 'utf8')]);
  const both = bundleOf(before, next);
  if (both !== before) await writeFileAtomic(paths.caCert, both, 0o644);
  return anew;
}

/** Every machine has the new ones: they take the places of the old ones, whose CA key is gone then. */
export async function endRotation(paths: AuthorityPaths, folders: RotationFolders): Promise<void> {
  await rename(folders.next, folders.ready);
  await syncFolder(dirname(folders.ready));
  await moveReady(paths, folders);
}

async function moveReady(paths: AuthorityPaths, folders: RotationFolders): Promise<void> {
  if (!(await isThere(folders.ready))) return;
  const from = authorityIn(folders.ready);
  const text = (path: string) => readFile(path, 'utf8');
  await writePair(
    { certificate: paths.clientCert, key: paths.clientKey },
    { certificate: await text(from.clientCert), key: await text(from.clientKey) },
  );
  await writePair({ certificate: paths.caCert, key: paths.caKey }, { certificate: await text(from.caCert), key: await text(from.caKey) });
  await rename(folders.ready, folders.staging); // in one step, and never read again
  await rm(folders.staging, { recursive: true, force: true });
}

function authorityIn(folder: string): AuthorityPaths {
  return {
    caCert: join(folder, 'ca.pem'),
    caKey: join(folder, 'ca-key.pem'),
    clientCert: join(folder, 'cert.pem'),
    clientKey: join(folder, 'key.pem'),
  };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
