/** Reading tar headers as bytes pass by, however they are cut. */
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { type TarEntry, TarScanner } from '../../../src/engine/layers/tar-scanner.ts';

type Packed = { name: string; type?: 'file' | 'directory' | 'symlink' | 'link'; linkname?: string; content?: Buffer };

async function tar(entries: Packed[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header, content ?? '');
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

function scan(bytes: Buffer, cuts: number[] = []): TarEntry[] {
  const entries: TarEntry[] = [];
  const scanner = new TarScanner((entry) => entries.push(entry));
  let at = 0;
  for (const cut of [...new Set(cuts)].sort((a, b) => a - b).filter((value) => value < bytes.length)) {
    scanner.push(bytes.subarray(at, cut));
    at = cut;
  }
  scanner.push(bytes.subarray(at));
  scanner.end();
  return entries;
}

const SAMPLE: Packed[] = [
  { name: 'etc/', type: 'directory' },
  { name: 'etc/.wh.gone' },
  { name: `deep/${'x'.repeat(150)}/ünï`, content: Buffer.alloc(1500, 1) },
  { name: 'link', type: 'symlink', linkname: '/etc/passwd' },
  { name: 'hard', type: 'link', linkname: `deep/${'x'.repeat(150)}/ünï` },
];

describe('TarScanner', () => {
  it('tells names, sizes and links, long and unicode ones too', async () => {
    const entries = scan(await tar(SAMPLE));
    expect(entries.map(({ name }) => name.replace(/\/$/, ''))).toEqual(SAMPLE.map(({ name }) => name.replace(/\/$/, '')));
    expect(entries.map(({ type }) => type)).toEqual(['5', '0', '0', '2', '1']);
    expect(entries[2]?.size).toBe(1500);
    expect(entries[3]?.linkName).toBe('/etc/passwd');
  });

  it('tells the same however the stream is cut', async () => {
    const bytes = await tar(SAMPLE);
    const whole = scan(bytes);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (cuts) => {
        expect(scan(bytes, cuts)).toEqual(whole);
      }),
    );
  });

  it('reads names of GNU tar and sizes in base 256', () => {
    const block = (name: string, type: string, size: number, base256 = false): Buffer => {
      const header = Buffer.alloc(512);
      header.write(name);
      if (base256) {
        header.writeUInt8(0x80, 124);
        header.writeUIntBE(size, 130, 6);
      } else header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
      header.write(' '.repeat(8), 148);
      header.write(type, 156);
      header.write(
        `${header
          .reduce((sum, byte) => sum + byte, 0)
          .toString(8)
          .padStart(6, '0')}\0 `,
        148,
      );
      return header;
    };
    const long = 'n'.repeat(300);
    const name = Buffer.alloc(512);
    name.write(long);
    const body = Buffer.alloc(512);
    const bytes = Buffer.concat([block('././@LongLink', 'L', 301), name, block('cut', '0', 3, true), body, Buffer.alloc(1024)]);
    expect(scan(bytes)).toEqual([{ name: long, type: '0', size: 3, linkName: '' }]);
  });

  it('refuses what is no tar, and one that stops in the middle', async () => {
    expect(() => scan(Buffer.alloc(512, 'x'))).toThrow('archive/tar: invalid tar header');
    expect(() => scan(Buffer.from('short'))).toThrow('unexpected EOF');
    const bytes = await tar(SAMPLE);
    expect(() => scan(bytes.subarray(0, 3 * 512 + 100))).toThrow('unexpected EOF');
  });

  it('refuses a header that would fill the memory', () => {
    const header = Buffer.alloc(512);
    header.write('pax');
    header.write('77777777777\0', 124);
    header.write(' '.repeat(8), 148);
    header.write('x', 156);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    expect(() => scan(header)).toThrow('header field too long');
  });

  it('never fails otherwise than with an error of its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        try {
          scan(Buffer.from(bytes));
        } catch (error) {
          expect((error as Error).name).toBe('EngineError');
        }
      }),
    );
  });
});
