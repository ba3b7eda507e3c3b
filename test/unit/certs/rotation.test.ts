import { X509Certificate } from 'node:crypto';
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AuthorityPaths, ensureAuthority } from '../../../src/certs/authority.ts';
import { bundleOf, certificatesIn, fingerprintsOf } from '../../../src/certs/bundle.ts';
import { beginRotation, currentAuthority, endRotation } from '../../../src/certs/rotation.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { storePaths } from '../../../src/store/paths.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const options = { user: 'jörg', now: Date.parse('2026-03-01T12:34:56Z'), log: silentLogger };

let paths: AuthorityPaths & { certsDir: string };
let folders: { staging: string; next: string; ready: string };

beforeEach(async () => {
  const store = storePaths(temporaryFolder());
  paths = store;
  folders = store.rotation;
  await ensureAuthority(paths, options);
});

const text = (path: string) => readFile(path, 'utf8');
const files = () => Promise.all([paths.caCert, paths.caKey, paths.clientCert, paths.clientKey].map(text));
const current = () => currentAuthority(paths, folders, async () => {});
const begin = () => beginRotation(paths, folders, options);

describe('a rotation', () => {
  it('leaves keys and the client pair where they are until it ends; only ca.pem gets the new CA, behind the old one', async () => {
    const before = await files();
    await begin();
    const after = await files();
    expect(after.slice(1)).toEqual(before.slice(1));
    expect(certificatesIn(after[0] ?? '', 'ca.pem')).toEqual([before[0], await text(join(folders.next, 'ca.pem'))]);
    const authority = await current();
    expect(authority.rotating).toBe(true);
    expect(authority.paths.caCert).toBe(join(folders.next, 'ca.pem'));
    expect(certificatesIn(authority.trust, 'trust').sort()).toEqual(certificatesIn(after[0] ?? '', 'ca.pem').sort());
    expect(new X509Certificate(authority.clientCert).verify(new X509Certificate(authority.signer).publicKey)).toBe(true);
  });

  it('is one and the same when it is begun again', async () => {
    await begin();
    const first = [await files(), await text(join(folders.next, 'ca-key.pem'))];
    await begin();
    expect([await files(), await text(join(folders.next, 'ca-key.pem'))]).toEqual(first);
  });

  it('names the new CA otherwise than the old one', async () => {
    await begin();
    const [old, next] = certificatesIn(await text(paths.caCert), 'ca.pem').map((pem) => new X509Certificate(pem).subject);
    expect(old).toBe('O=jörg');
    expect(next).toMatch(/^O=jörg\.[0-9a-f]{8}$/);
  });

  it('puts the new ones in the places of the old ones at its end, keys for their owner alone', async () => {
    const [, oldKey] = await files();
    await begin();
    const { signer, clientCert, clientKey } = await current();
    const newKey = await text(join(folders.next, 'ca-key.pem'));
    await endRotation(paths, folders);
    expect(await files()).toEqual([signer, newKey, clientCert, clientKey]);
    expect(newKey).not.toBe(oldKey);
    expect((await readdir(paths.certsDir)).sort()).toEqual(['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem']);
    expect((await stat(paths.caKey)).mode & 0o777).toBe(0o600);
    expect(await current()).toMatchObject({ rotating: false, trust: signer });
  });

  it('ends for whoever comes next when its process died while the files moved', async () => {
    await begin();
    const { signer, clientKey } = await current();
    await rename(folders.next, folders.ready); // endRotation's first step
    await writeFile(paths.clientKey, clientKey); // and a part of the second
    expect(await current()).toMatchObject({ rotating: false, signer });
    expect((await files())[0]).toBe(signer);
    expect((await readdir(paths.certsDir)).sort()).toEqual(['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem']);
  });

  it('is not begun by half: what a process that died was making is made anew', async () => {
    await begin();
    await rename(folders.next, folders.staging);
    await writeFile(join(folders.staging, 'ca.pem'), 'half');
    expect((await current()).rotating).toBe(false);
    await begin();
    expect(fingerprintsOf((await current()).signer, 'ca.pem')).toHaveLength(1);
  });
});

describe('a bundle', () => {
  it('holds each certificate once, and leaves a single file as it is', async () => {
    const ca = `some text\n${await text(paths.caCert)}`;
    expect(bundleOf(ca)).toBe(ca);
    expect(bundleOf(ca, await text(paths.caCert))).toBe(await text(paths.caCert));
    expect(() => fingerprintsOf('hello', '/x/ca.pem')).toThrow('/x/ca.pem');
  });
});
