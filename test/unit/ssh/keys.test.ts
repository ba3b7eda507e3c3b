import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Platform } from '../../../src/host/platform.ts';
import { readKeyFile } from '../../../src/ssh/key-file.ts';
import { dropbearPublicLine, fingerprint, newEd25519HostKey, publicLineOf, rsaPublicLine } from '../../../src/ssh/key-format.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const LINUX: Platform = { os: 'linux', arch: 'x64', env: {}, home: '/', uid: 0 };

describe('key formats', () => {
  it("writes dropbear's ed25519 file: two strings, seed before public key", () => {
    const key = newEd25519HostKey();
    expect(key.dropbear).toHaveLength(83);
    expect(dropbearPublicLine(key.dropbear)).toBe(key.publicLine);
    const blob = Buffer.from(key.publicLine.split(' ')[1] ?? '', 'base64');
    expect(publicLineOf(blob)).toBe(key.publicLine);
    // the halves belong together: what the seed signs, the public key verifies
    const seed = Buffer.from(key.dropbear.subarray(19, 51)).toString('base64url');
    const x = blob.subarray(19).toString('base64url');
    const jwk = { kty: 'OKP', crv: 'Ed25519', x };
    const signature = sign(null, Buffer.from('x'), { key: { ...jwk, d: seed }, format: 'jwk' });
    expect(verify(null, Buffer.from('x'), createPublicKey({ key: jwk, format: 'jwk' }), signature)).toBe(true);
  });

  it('makes a new host key each time', () => {
    expect(newEd25519HostKey().publicLine).not.toBe(newEd25519HostKey().publicLine);
  });

  it('refuses a file that is no such key', () => {
    expect(() => dropbearPublicLine(Buffer.alloc(10))).toThrow('found 10 bytes');
  });

  it('writes an RSA public line that ssh knows', () => {
    const { publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    const blob = Buffer.from(rsaPublicLine(publicKey).split(' ')[1] ?? '', 'base64');
    expect(blob.subarray(0, 18).toString('latin1')).toBe('\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01');
    expect(fingerprint(rsaPublicLine(publicKey))).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });
});

describe('readKeyFile', () => {
  const file = async (text: string, mode = 0o600) => {
    const path = join(temporaryFolder(), 'key');
    await writeFile(path, text);
    await chmod(path, mode);
    return path;
  };
  const pem = (type: 'pkcs1' | 'pkcs8', passphrase?: string) =>
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type,
      format: 'pem',
      ...(passphrase === undefined ? {} : { cipher: 'aes-128-cbc', passphrase }),
    }) as string;

  it('gives the text of a key that only its owner reads', async () => {
    const text = pem('pkcs1');
    expect(await readKeyFile(await file(text), LINUX)).toMatchObject({ text, encrypted: false });
  });

  it('refuses a key that others may read, but not on Windows', async () => {
    const text = pem('pkcs1');
    const path = await file(text, 0o644);
    await expect(readKeyFile(path, LINUX)).rejects.toMatchObject({
      code: 'SSH_KEY',
      message: `permissions 0644 for '${path}' are too open`,
    });
    expect((await readKeyFile(path, { ...LINUX, os: 'win32' })).text).toBe(text);
  });

  it.each(['pkcs1', 'pkcs8'] as const)('tells that a %s key is encrypted', async (type) => {
    expect((await readKeyFile(await file(pem(type, 'secret')), LINUX)).encrypted).toBe(true);
  });

  it('tells a missing file and one that is no key', async () => {
    await expect(readKeyFile('/nowhere/key', LINUX)).rejects.toMatchObject({
      code: 'SSH_KEY',
      message: expect.stringContaining('/nowhere/key'),
    });
    await expect(readKeyFile(await file('hello'), LINUX)).rejects.toMatchObject({
      message: expect.stringContaining('expected a private key'),
    });
  });
});
