import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MachineError, systemCode } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { readPem, writePair } from './files.ts';
import { isExpired, isSignedBy, keyFits, parseCertificate } from './inspect.ts';
import { issueCertificate } from './issue.ts';
import { generateRsaKey, type RsaKey } from './rsa-key.ts';

/** The store's CA and client pair, by file. */
export interface AuthorityPaths {
  readonly caCert: string;
  readonly caKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

export interface BootstrapOptions {
  /** O of the subject: `$USER`, `$USERNAME` on Windows, else `unknown`. */
  readonly user: string;
  readonly now: number;
  readonly log: Logger;
  /** O of a new CA's subject; default: `user`. */
  readonly authorityName?: string;
}

/**
 * Makes the CA and the client pair that are missing, expired, or do not fit each other. Idempotent. The caller holds the store
 * lock. Unlike docker-machine a client certificate that another CA signed is replaced. Throws CA_KEY_MISSING when a valid CA
 * cannot sign what is needed.
 */
export async function ensureAuthority(paths: AuthorityPaths, options: BootstrapOptions): Promise<void> {
  const valid = await validAuthority(paths, options);
  if (valid === undefined) await refuseForeignKey(paths);
  const early = valid === undefined ? generateRsaKey() : undefined; // both at once: a first create waits for one key's time
  early?.catch(() => {});
  const ca = valid ?? (await createAuthority(paths, options));
  if (await clientIsValid(paths, ca, options)) return;
  options.log.info(`Creating client certificate: ${paths.clientCert}`);
  const key = await (early ?? generateRsaKey());
  const certificate = await issueCertificate({
    organization: `${options.user}.<bootstrap>`,
    publicKey: key.publicKey,
    role: 'client',
    issuer: { certificate: ca, privateKey: await authorityKey(paths, ca) },
    now: options.now,
  });
  await writePair({ certificate: paths.clientCert, key: paths.clientKey }, { certificate, key: key.privateKey });
}

export interface ServerCertificateOptions {
  readonly user: string;
  readonly machineName: string;
  readonly names: readonly string[];
  readonly now: number;
  /** Made beforehand to save time. */
  readonly key?: Promise<RsaKey>;
}

/** A new pair signed by the CA, PEM. Writes nothing. */
export async function issueServerCertificate(
  paths: AuthorityPaths,
  options: ServerCertificateOptions,
): Promise<{ certificate: string; key: string }> {
  const ca = await readPem(paths.caCert);
  if (ca === undefined) throw new MachineError('CA_MISSING', `the CA certificate ${paths.caCert} is not there`);
  const key = await (options.key ?? generateRsaKey());
  const certificate = await issueCertificate({
    organization: `${options.user}.${options.machineName}`,
    publicKey: key.publicKey,
    role: 'server',
    names: options.names,
    issuer: { certificate: ca, privateKey: await authorityKey(paths, ca) },
    now: options.now,
  });
  return { certificate, key: key.privateKey };
}

async function validAuthority(paths: AuthorityPaths, { now, log }: BootstrapOptions): Promise<string | undefined> {
  const ca = await readPem(paths.caCert);
  if (ca === undefined) return undefined;
  if (!isExpired(parseCertificate(ca, paths.caCert), now)) return ca;
  log.info('CA certificate is outdated and needs to be regenerated');
  return undefined;
}

async function createAuthority(paths: AuthorityPaths, { user, authorityName = user, now, log }: BootstrapOptions): Promise<string> {
  log.info(`Creating CA: ${paths.caCert}`);
  await keepAside(paths.caKey);
  const key = await generateRsaKey();
  const certificate = await issueCertificate({
    organization: authorityName,
    publicKey: key.publicKey,
    role: 'ca',
    issuer: { privateKey: key.privateKey },
    now,
  });
  await writePair({ certificate: paths.caCert, key: paths.caKey }, { certificate, key: key.privateKey });
  return certificate;
}

async function clientIsValid(paths: AuthorityPaths, ca: string, { now, log }: BootstrapOptions): Promise<boolean> {
  const [pem, key] = await Promise.all([readPem(paths.clientCert), readPem(paths.clientKey)]);
  if (pem === undefined || key === undefined) return false;
  const certificate = parseCertificate(pem, paths.clientCert);
  if (isExpired(certificate, now)) {
    log.info('Client certificate is outdated and needs to be regenerated');
    return false;
  }
  return keyFits(certificate, key) && isSignedBy(certificate, parseCertificate(ca, paths.caCert));
}

async function authorityKey(paths: AuthorityPaths, ca: string): Promise<string> {
  const key = await readPem(paths.caKey);
  if (key !== undefined && keyFits(parseCertificate(ca, paths.caCert), key)) return key;
  throw new MachineError(
    'CA_KEY_MISSING',
    `${paths.caKey}: expected the private key of ${paths.caCert}, found ${key === undefined ? 'no file' : 'another key'}`,
    {
      hint: `bring the key back, or remove ${paths.caCert} to have a new CA made (every machine then needs regenerate-certs)`,
    },
  );
}

/**
 * A certificate that is named apart from its key (--tls-ca-cert) and not there is a mistake, not a wish for a new CA in place of
 * the one all machines trust. In one folder it is what a crash between the two files leaves.
 */
async function refuseForeignKey({ caCert, caKey }: AuthorityPaths): Promise<void> {
  if (dirname(caCert) === dirname(caKey) || (await readPem(caKey)) === undefined) return;
  throw new MachineError('CA_MISSING', 'certificate authority key already exists', {
    hint: `expected the certificate of ${caKey} in ${caCert}, found none that is valid`,
  });
}

/** A CA key is never overwritten: without its certificate it may still be wanted by its owner. */
async function keepAside(path: string): Promise<void> {
  try {
    await rename(path, `${path}.old`);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
