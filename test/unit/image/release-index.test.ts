import { createHash } from 'node:crypto';
import { createCleartextMessage, generateKey, sign } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkFile, verifyRelease } from '../../../src/image/debian/release-index.ts';

const now = new Date('2026-11-20T12:00:00Z');
const signedAt = new Date('2026-11-19T12:00:00Z');
const hash = createHash('sha256').update('packages').digest('hex');
const text = ['Suite: stable', 'Date: Thu, 19 Nov 2026 12:00:00 UTC', 'SHA256:', ` ${hash} 8 main/binary-amd64/Packages.xz`, ''].join('\n');

let archive: { publicKey: string; sign(body: string): Promise<string> };
let foreign: typeof archive;

async function makeKey(): Promise<typeof archive> {
  const date = new Date('2026-01-01T00:00:00Z');
  const { privateKey, publicKey } = await generateKey({ type: 'curve25519', userIDs: [{ name: 'Test Archive' }], date, format: 'object' });
  return {
    publicKey: publicKey.armor(),
    sign: async (body) => sign({ message: await createCleartextMessage({ text: body }), signingKeys: privateKey, date: signedAt }),
  };
}

beforeAll(async () => {
  [archive, foreign] = await Promise.all([makeKey(), makeKey()]);
});

describe('verifyRelease', () => {
  it('gives the checksums of a release that the archive signed', async () => {
    const release = await verifyRelease(await archive.sign(text), [archive.publicKey], now);
    expect(release).toMatchObject({ suite: 'stable', date: 'Thu, 19 Nov 2026 12:00:00 UTC' });
    expect([...release.files]).toEqual([['main/binary-amd64/Packages.xz', { size: 8, sha256: hash }]]);
  });

  it('accepts one good signature among the archive’s several keys', async () => {
    await expect(verifyRelease(await archive.sign(text), [foreign.publicKey, archive.publicKey], now)).resolves.toBeTruthy();
  });

  it('refuses a changed digit', async () => {
    const changed = (await archive.sign(text)).replace(
      hash,
      hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    );
    await expect(verifyRelease(changed, [archive.publicKey], now)).rejects.toMatchObject({ code: 'IMAGE_BAD_SIGNATURE' });
  });

  it('refuses another key, and a text without any signature', async () => {
    await expect(verifyRelease(await foreign.sign(text), [archive.publicKey], now)).rejects.toMatchObject({ code: 'IMAGE_BAD_SIGNATURE' });
    await expect(verifyRelease(text, [archive.publicKey], now)).rejects.toMatchObject({ code: 'IMAGE_BAD_SIGNATURE' });
  });

  it('does not believe what stands outside the signed part', async () => {
    const outside = `SHA256:\n ${'0'.repeat(64)} 1 main/binary-amd64/Packages.xz\n${await archive.sign(text)}`;
    const release = await verifyRelease(outside, [archive.publicKey], now).catch((error: unknown) => error);
    if (!(release instanceof Error))
      expect((release as { files: Map<string, { sha256: string }> }).files.get('main/binary-amd64/Packages.xz')?.sha256).toBe(hash);
  });

  it('refuses an index that is no longer valid: an old one hides security updates', async () => {
    const dated = await archive.sign(`Valid-Until: Fri, 20 Nov 2026 11:00:00 UTC\n${text}`);
    await expect(verifyRelease(dated, [archive.publicKey], now)).rejects.toMatchObject({ code: 'IMAGE_RELEASE_EXPIRED' });
    await expect(verifyRelease(dated, [archive.publicKey], new Date('2026-11-20T10:00:00Z'))).resolves.toBeTruthy();
  });
});

describe('checkFile', () => {
  it('names a file with another size or checksum', () => {
    const expected = { size: 8, sha256: hash };
    expect(() => checkFile('pool/a.deb', Buffer.from('packages'), expected)).not.toThrow();
    expect(() => checkFile('pool/a.deb', Buffer.from('Packages'), expected)).toThrow('pool/a.deb');
    expect(() => checkFile('pool/a.deb', Buffer.from('packages'), { ...expected, size: 9 })).toThrow('pool/a.deb');
  });
});
