import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { elfSection, hasPvhEntry } from '../../../src/image/elf.ts';
import { extractKernel } from '../../../src/image/kernel.ts';
import { readModule } from '../../../src/image/kernel-modules.ts';

/** A 64-bit ELF with one note segment and the given sections, from the ELF specification's layout. */
function makeElf(noteType: number, sections: Record<string, Buffer> = {}): Buffer {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const note = Buffer.alloc(20);
  note.writeUInt32LE(4, 0);
  note.writeUInt32LE(4, 4);
  note.writeUInt32LE(noteType, 8);
  note.write('Xen\0', 12, 'latin1');
  const names = ['', ...Object.keys(sections), '.shstrtab'];
  const nameTable = Buffer.from(names.map((name) => `${name}\0`).join(''), 'latin1');
  const bodies = [Buffer.alloc(0), ...Object.values(sections), nameTable];
  const programHeader = Buffer.alloc(56);
  const bodiesAt = 64 + 56 + note.length;
  programHeader.writeUInt32LE(4, 0);
  programHeader.writeBigUInt64LE(BigInt(64 + 56), 8);
  programHeader.writeBigUInt64LE(BigInt(note.length), 32);
  let [at, nameAt] = [bodiesAt, 0];
  const table = bodies.map((body, index) => {
    const entry = Buffer.alloc(64);
    entry.writeUInt32LE(nameAt, 0);
    entry.writeBigUInt64LE(BigInt(at), 24);
    entry.writeBigUInt64LE(BigInt(body.length), 32);
    at += body.length;
    nameAt += (names[index]?.length ?? 0) + 1;
    return entry;
  });
  header.writeBigUInt64LE(64n, 32);
  header.writeBigUInt64LE(BigInt(at), 40);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(table.length, 60);
  header.writeUInt16LE(table.length - 1, 62);
  return Buffer.concat([header, programHeader, note, ...bodies, ...table]);
}

function makeBzImage(kernel: Buffer, size = kernel.length): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(size);
  const payload = Buffer.concat([zstdCompressSync(kernel), length]);
  const setup = Buffer.alloc(3 * 512);
  setup[0x1f1] = 2;
  setup.write('HdrS', 0x202, 'latin1');
  setup.writeUInt16LE(0x20f, 0x206);
  setup.writeUInt32LE(16, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([setup, Buffer.alloc(16), payload]);
}

describe('extractKernel', () => {
  it('gives the ELF inside, byte for byte', () => {
    const kernel = makeElf(18, { '.text': Buffer.from('code') });
    expect(extractKernel(makeBzImage(kernel)).equals(kernel)).toBe(true);
  });

  it.each([
    ['is no bzImage', Buffer.alloc(4096), 'bzImage'],
    ['has no PVH entry', makeBzImage(makeElf(1)), 'PVH'],
    ['has another size than it says', makeBzImage(makeElf(18), 5), 'of 5 bytes'],
    ['holds no ELF', makeBzImage(Buffer.from('something else that is long enough')), 'ELF'],
  ])('refuses a file that %s', (_, file, said) => {
    expect(() => extractKernel(file)).toThrow(said);
  });
});

describe('ELF', () => {
  it('finds sections by name and PVH notes by type', () => {
    const elf = makeElf(18, { '.text': Buffer.from('code'), '.modinfo': Buffer.from('name=x\0') });
    expect(elfSection(elf, '.modinfo')?.toString()).toBe('name=x\0');
    expect(elfSection(elf, '.data')).toBeUndefined();
    expect([hasPvhEntry(elf), hasPvhEntry(makeElf(17))]).toEqual([true, false]);
    expect(() => elfSection(Buffer.from('#!/bin/sh\n'.repeat(20)), '.text')).toThrow('ELF');
  });

  it('tells what a module depends on', () => {
    const info = 'license=GPL\0depends=mbcache,jbd2\0softdep=pre: crc32c aes-x post: late\0alias=fs-ext4\0alias=ext3\0name=ext4\0';
    expect(readModule('kernel/fs/ext4/ext4.ko', makeElf(18, { '.modinfo': Buffer.from(info) }))).toMatchObject({
      name: 'ext4',
      depends: ['mbcache', 'jbd2'],
      softDepends: ['crc32c', 'aes_x'],
      aliases: ['fs-ext4', 'ext3'],
    });
  });
});
