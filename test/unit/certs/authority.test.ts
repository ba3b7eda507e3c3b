import { X509Certificate } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AuthorityPaths, ensureAuthority, issueServerCertificate } from '../../../src/certs/authority.ts';
import { writePair } from '../../../src/certs/files.ts';
import { certificateNames, serverCertificateFits } from '../../../src/certs/server-certificate.ts';
import type { Logger } from '../../../src/core/logger.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const NOW = Date.parse('2026-03-01T12:34:56Z');
const DAY = 24 * 3600 * 1000;

let dir: string;
let paths: AuthorityPaths;
let lines: string[];
let log: Logger;

beforeEach(async () => {
  dir = join(temporaryFolder(), 'certs');
  paths = {
    caCert: join(dir, 'ca.pem'),
    caKey: join(dir, 'ca-key.pem'),
    clientCert: join(dir, 'cert.pem'),
    clientKey: join(dir, 'key.pem'),
  };
  lines = [];
  log = { info: (line) => void lines.push(line), warn: () => {}, debug: () => {} };
});

const ensure = (now = NOW) => ensureAuthority(paths, { user: 'jörg', now, log });
const certificate = async (path: string) => new X509Certificate(await readFile(path));
const server = (names: string[], now = NOW) => issueServerCertificate(paths, { user: 'u', machineName: 'm', names, now });

describe('ensureAuthority', () => {
  it('makes a CA and a client pair that fit, and tells it as docker-machine does', async () => {
    await ensure();
    expect(lines).toEqual([`Creating CA: ${paths.caCert}`, `Creating client certificate: ${paths.clientCert}`]);
    const [ca, client] = await Promise.all([certificate(paths.caCert), certificate(paths.clientCert)]);
    expect(ca.ca).toBe(true);
    expect(client.ca).toBe(false);
    expect(client.verify(ca.publicKey)).toBe(true);
    expect([ca.subject, client.subject]).toEqual(['O=jörg', 'O=jörg.\\<bootstrap\\>']); // as RFC 2253 writes < and >
    expect(client.issuer).toBe(ca.subject);
    expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(ca.validFrom).toBe('Mar  1 12:29:00 2026 GMT');
    expect(Date.parse(ca.validTo) - Date.parse(ca.validFrom)).toBe(1080 * DAY);
    expect(ca.serialNumber).toHaveLength(32);
    expect(await readFile(paths.caKey, 'utf8')).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
  });

  it('gives keys to their owner alone', async () => {
    await ensure();
    const modes = await Promise.all([dir, ...Object.values(paths)].map(async (path) => (await stat(path)).mode & 0o777));
    expect(modes).toEqual([0o700, 0o644, 0o600, 0o644, 0o600]);
    expect((await readdir(dir)).sort()).toEqual(['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem']);
  });

  it('makes no new CA for a certificate that is named elsewhere and not there', async () => {
    await ensure();
    const key = await readFile(paths.caKey, 'utf8');
    const mistyped = { ...paths, caCert: join(dir, 'other', 'ca.pem') };
    const refused = ensureAuthority(mistyped, { user: 'u', now: NOW, log });
    await expect(refused).rejects.toMatchObject({ code: 'CA_MISSING', message: 'certificate authority key already exists' });
    expect(await readFile(paths.caKey, 'utf8')).toBe(key);
    expect((await readdir(dir)).sort()).toEqual(['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem']);
  });

  it('leaves alone what fits', async () => {
    await ensure();
    const before = await readFile(paths.clientCert);
    await ensure();
    expect(await readFile(paths.clientCert)).toEqual(before);
    expect(lines).toHaveLength(2);
  });

  it('replaces a client certificate that another CA signed', async () => {
    await ensure();
    await rm(paths.caCert);
    await rm(paths.caKey);
    await ensure();
    expect((await certificate(paths.clientCert)).verify((await certificate(paths.caCert)).publicKey)).toBe(true);
  });

  it('replaces what has expired', async () => {
    await ensure();
    lines = [];
    await ensure(NOW + 1081 * DAY);
    expect(lines[0]).toBe('CA certificate is outdated and needs to be regenerated');
    expect((await certificate(paths.clientCert)).verify((await certificate(paths.caCert)).publicKey)).toBe(true);
    expect(Date.parse((await certificate(paths.caCert)).validTo)).toBeGreaterThan(NOW + 2000 * DAY);
  });

  it('never overwrites a CA key', async () => {
    await ensure();
    const key = await readFile(paths.caKey);
    await rm(paths.caCert);
    await ensure();
    expect(await readFile(`${paths.caKey}.old`)).toEqual(key);
  });

  it('says which key is missing when a CA cannot sign', async () => {
    await ensure();
    await rm(paths.caKey);
    await rm(paths.clientCert);
    await expect(ensure()).rejects.toMatchObject({ code: 'CA_KEY_MISSING', message: expect.stringContaining(paths.caKey) });
  });

  it('names a file that is no certificate', async () => {
    await ensure();
    await writeFile(paths.caCert, 'hello');
    await expect(ensure()).rejects.toMatchObject({ code: 'CERTIFICATE_UNREADABLE', message: expect.stringContaining(paths.caCert) });
  });
});

describe('server certificates', () => {
  it('carry names first, then addresses, and are for servers', async () => {
    await ensure();
    const pair = await server(certificateNames(['extra.example', '10.0.0.9'], ['127.0.0.1', '::1'], 'm'));
    const made = new X509Certificate(pair.certificate);
    expect(made.subjectAltName).toBe(
      'DNS:extra.example, DNS:localhost, DNS:m, IP Address:10.0.0.9, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(made.subject).toBe('O=u.m');
    expect(made.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(made.verify((await certificate(paths.caCert)).publicKey)).toBe(true);
  });

  it('fit until a name is missing, the time is over, or the CA is another', async () => {
    await ensure();
    const files = { caCert: paths.caCert, certificate: join(dir, 'server.pem'), key: join(dir, 'server-key.pem') };
    expect(await serverCertificateFits(files, ['127.0.0.1'], NOW)).toBe(false);
    await writePair(files, await server(['127.0.0.1', 'localhost']));
    expect(await serverCertificateFits(files, ['127.0.0.1', 'localhost'], NOW)).toBe(true);
    expect(await serverCertificateFits(files, ['127.0.0.2'], NOW)).toBe(false);
    expect(await serverCertificateFits(files, ['127.0.0.1'], NOW + 1081 * DAY)).toBe(false);
    await writeFile(files.key, await readFile(paths.caKey));
    expect(await serverCertificateFits(files, ['127.0.0.1'], NOW)).toBe(false);
    await writePair(files, await server(['127.0.0.1']));
    await rm(paths.caCert);
    await ensure();
    expect(await serverCertificateFits(files, ['127.0.0.1'], NOW)).toBe(false);
  });
});
