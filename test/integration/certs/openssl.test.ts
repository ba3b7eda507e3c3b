/** What openssl says of our certificates. */

import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureAuthority, issueServerCertificate } from '../../../src/certs/authority.ts';
import { writePair } from '../../../src/certs/files.ts';
import { beginRotation, currentAuthority } from '../../../src/certs/rotation.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { machinesHost } from '../../../src/machine/host.ts';
import { storePaths } from '../../../src/store/paths.ts';
import { folderDriver } from '../../support/folder-driver.ts';
import { testStore } from '../../support/machines.ts';
import { temporaryFolder } from '../../support/temporary.ts';

let dir: string;
const file = (name: string) => join(dir, name);

beforeAll(async () => {
  const store = await testStore(folderDriver());
  const { authority } = machinesHost(store.options);
  dir = join(store.root, 'certs');
  await ensureAuthority(authority, { user: 'Jörg <x>', now: Date.now(), log: silentLogger });
  const names = ['extra.example', 'm1', 'localhost', '127.0.0.1', '10.1.2.3', 'fd00::1'];
  const pair = await issueServerCertificate(authority, { user: 'Jörg <x>', machineName: 'm1', names, now: Date.now() });
  await writePair({ certificate: file('server.pem'), key: file('server-key.pem') }, pair);
});

async function openssl(...args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)('openssl', args);
    return stdout + stderr;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') throw new Error('openssl is missing: install the Debian package openssl');
    throw error;
  }
}

describe('openssl', () => {
  it.each([
    ['cert.pem', 'sslclient'],
    ['server.pem', 'sslserver'],
  ])('accepts %s for %s', async (certificate, purpose) => {
    expect(await openssl('verify', '-x509_strict', '-CAfile', file('ca.pem'), '-purpose', purpose, file(certificate))).toContain('OK');
  });

  it.each([
    ['cert.pem', 'sslserver'],
    ['server.pem', 'sslclient'],
  ])('refuses %s for %s', async (certificate, purpose) => {
    await expect(openssl('verify', '-CAfile', file('ca.pem'), '-purpose', purpose, file(certificate))).rejects.toThrow(
      /unsupported|unsuitable/,
    );
  });

  it.each([
    ['-verify_ip', '127.0.0.1'],
    ['-verify_ip', '10.1.2.3'],
    ['-verify_ip', 'fd00::1'],
    ['-verify_hostname', 'localhost'],
    ['-verify_hostname', 'extra.example'],
  ])('finds the name %s %s in it', async (option, name) => {
    expect(await openssl('verify', '-CAfile', file('ca.pem'), option, name, file('server.pem'))).toContain('OK');
  });

  it('does not find another address', async () => {
    await expect(openssl('verify', '-CAfile', file('ca.pem'), '-verify_ip', '127.0.0.2', file('server.pem'))).rejects.toThrow(
      'IP address mismatch',
    );
  });

  it.each(['ca-key.pem', 'key.pem', 'server-key.pem'])('reads %s as PKCS#1 RSA of 2048 bits', async (key) => {
    expect(await readFile(file(key), 'utf8')).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
    expect(await openssl('rsa', '-in', file(key), '-noout', '-check', '-text')).toMatch(/2048 bit[\s\S]*RSA key ok/);
  });

  it('sees the extensions of docker-machine', async () => {
    const shown = await openssl('x509', '-in', file('server.pem'), '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus');
    expect(shown).toContain('Subject: O=Jörg <x>.m1');
    expect(shown).toContain('Issuer: O=Jörg <x>\n');
    expect(shown).toMatch(/Key Usage: critical\n\s+Digital Signature, Key Encipherment, Key Agreement\n/);
    expect(shown).toMatch(/Basic Constraints: critical\n\s+CA:FALSE/);
    expect(shown).toMatch(/DNS:extra\.example, DNS:m1, DNS:localhost, IP Address:127\.0\.0\.1, IP Address:10\.1\.2\.3, IP Address:FD00/);
  });
});

describe('a rotation of a CA without key identifiers, as Go before 1.15 made them', () => {
  it('gives a bundle that verifies the certificates of both CAs', async () => {
    const paths = storePaths(temporaryFolder());
    const at = (name: string) => join(paths.certsDir, name);
    const now = Date.now();
    await mkdir(paths.certsDir, { recursive: true });
    const extensions = ['subjectKeyIdentifier=none', 'authorityKeyIdentifier=none'];
    const sign = async (name: string, more: string[], signer: string[]) => {
      await openssl(
        'req',
        '-new',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        name === 'ca' ? '/O=tester' : '/O=tester.m',
        '-keyout',
        at(`${name}-key.pem`),
        '-out',
        at('csr'),
      );
      await writeFile(at('extensions'), [...extensions, ...more].join('\n'));
      await openssl('x509', '-req', '-in', at('csr'), '-days', '30', '-extfile', at('extensions'), '-out', at(`${name}.pem`), ...signer);
    };
    await sign('ca', ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'], ['-signkey', at('ca-key.pem')]);
    await sign('server', ['extendedKeyUsage=serverAuth'], ['-CA', at('ca.pem'), '-CAkey', at('ca-key.pem'), '-set_serial', '7']);
    const options = { user: 'tester', now, log: silentLogger };
    await ensureAuthority(paths, options);
    await beginRotation(paths, paths.rotation, options);
    const next = await currentAuthority(paths, paths.rotation, async () => {});
    const pair = await issueServerCertificate(next.paths, { user: 'tester', machineName: 'm', names: ['m'], now });
    await writeFile(at('new-server.pem'), pair.certificate);
    await writeFile(at('trust.pem'), next.trust);
    for (const bundle of ['ca.pem', 'trust.pem'])
      for (const certificate of ['server.pem', 'new-server.pem', 'cert.pem', 'next/cert.pem'])
        expect(await openssl('verify', '-CAfile', at(bundle), at(certificate)), `${certificate} by ${bundle}`).toContain('OK');
  });
});

describe('the store of twenty first creates', () => {
  it('has a client pair that its CA signed', async () => {
    const { bundleProgram } = await import('../../support/bundle.ts');
    const work = temporaryFolder();
    const program = join(work, 'program.mjs');
    await bundleProgram('test/integration/machine/program.ts', program);
    const store = join(work, 'store');
    const input = (index: number) => JSON.stringify({ store, cloud: work, name: `m${index}`, action: 'create', guest: 'none' });
    await Promise.all(Array.from({ length: 20 }, (_, index) => promisify(execFile)(process.execPath, [program, input(index)])));
    const at = (name: string) => join(store, 'certs', name);
    expect((await readdir(join(store, 'certs'))).sort()).toEqual(['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem']);
    expect(await openssl('verify', '-CAfile', at('ca.pem'), '-purpose', 'sslclient', at('cert.pem'))).toContain('OK');
    await writeFile(join(work, 'message'), 'x');
    await openssl('dgst', '-sha256', '-sign', at('key.pem'), '-out', join(work, 'signature'), join(work, 'message'));
    await writeFile(join(work, 'public.pem'), await openssl('x509', '-in', at('cert.pem'), '-noout', '-pubkey'));
    expect(
      await openssl('dgst', '-sha256', '-verify', join(work, 'public.pem'), '-signature', join(work, 'signature'), join(work, 'message')),
    ).toContain('Verified OK');
    for (const index of [0, 19]) expect(await readFile(join(store, `machines/m${index}/cert.pem`))).toEqual(await readFile(at('cert.pem')));
  });
});
