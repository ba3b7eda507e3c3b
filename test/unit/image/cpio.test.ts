import { describe, expect, it } from 'vitest';
import { writeCpio } from '../../../src/image/cpio.ts';
import { FileTree } from '../../../src/image/file-tree.ts';

/** A reader written from the format's description, independent of the writer. */
function readCpio(archive: Uint8Array) {
  const bytes = Buffer.from(archive);
  const found: { name: string; mode: number; uid: number; mtime: number; rdev: number[]; data: string }[] = [];
  for (let at = 0; ; ) {
    expect(bytes.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number) => Number.parseInt(bytes.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const name = bytes.toString('utf8', at + 110, at + 110 + field(11) - 1);
    const start = (at + 110 + field(11) + 3) & ~3;
    if (name === 'TRAILER!!!') return found;
    const data = bytes.toString('utf8', start, start + field(6));
    found.push({ name, mode: field(1), uid: field(2), mtime: field(5), rdev: [field(9), field(10)], data });
    at = (start + field(6) + 3) & ~3;
  }
}

describe('writeCpio', () => {
  const tree = (order: 'given' | 'reversed' = 'given') => {
    const made = new FileTree();
    const steps = [
      () => made.file('sbin/init', '#!/bin/sh\n', 0o755),
      () => made.symlink('bin/sh', 'busybox'),
      () => made.device('dev/console', 0o600, 5, 1),
      () => made.file('empty', ''),
    ];
    for (const step of order === 'given' ? steps : steps.reverse()) step();
    return made;
  };

  it('holds files, links, devices and the folders they are in, all of root', () => {
    expect(readCpio(writeCpio(tree()))).toEqual([
      { name: 'bin', mode: 0o40755, uid: 0, mtime: 0, rdev: [0, 0], data: '' },
      { name: 'bin/sh', mode: 0o120777, uid: 0, mtime: 0, rdev: [0, 0], data: 'busybox' },
      { name: 'dev', mode: 0o40755, uid: 0, mtime: 0, rdev: [0, 0], data: '' },
      { name: 'dev/console', mode: 0o20600, uid: 0, mtime: 0, rdev: [5, 1], data: '' },
      { name: 'empty', mode: 0o100644, uid: 0, mtime: 0, rdev: [0, 0], data: '' },
      { name: 'sbin', mode: 0o40755, uid: 0, mtime: 0, rdev: [0, 0], data: '' },
      { name: 'sbin/init', mode: 0o100755, uid: 0, mtime: 0, rdev: [0, 0], data: '#!/bin/sh\n' },
    ]);
  });

  it('is the same bytes whatever the order things were put in, a multiple of 512', () => {
    expect(Buffer.from(writeCpio(tree()))).toEqual(Buffer.from(writeCpio(tree('reversed'))));
    expect(writeCpio(tree()).length % 512).toBe(0);
  });
});
