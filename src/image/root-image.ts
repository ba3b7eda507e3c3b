import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { ProcessRunner } from '../host/process-runner.ts';
import type { FileTree } from './file-tree.ts';

// -all-root: sqfstar 4.5.1 ignores -root-uid and gives the root folder the builder's uid. It keeps setuid bits.
// All three times: without each of them the image holds the time of the build.
const OPTIONS = '-comp lz4 -Xhc -b 128K -all-time 0 -mkfs-time 0 -root-time 0 -all-root -root-mode 755 -no-progress -quiet'.split(' ');

/**
 * Writes the tree as a squashfs (lz4: the fastest to read for an emulated CPU) by squashfs-tools' sqfstar; takes ~13 s.
 * The same tree gives the same bytes with the same version of squashfs-tools.
 */
export async function writeRootImage(
  tree: FileTree,
  path: string,
  options: { scratchDir: string; runner: ProcessRunner; signal?: AbortSignal | undefined },
): Promise<void> {
  const { runner, signal } = options;
  const tar = join(options.scratchDir, 'root.tar');
  await writeTar(tree, tar, signal);
  await rm(path, { force: true });
  const env = { ...process.env, SOURCE_DATE_EPOCH: undefined }; // squashfs-tools refuses it together with explicit times
  await runner.run('sqfstar', [...OPTIONS, path], { inputFile: tar, env, ...(signal ? { signal } : {}) });
  await rm(tar);
}

/** The tree as a tar file: owner root, times zero. */
async function writeTar(tree: FileTree, path: string, signal: AbortSignal | undefined): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createWriteStream(path, { mode: 0o600 }), signal ? { signal } : {});
  for (const [name, entry] of tree.sorted()) {
    const common = { name, mtime: new Date(0), uid: 0, gid: 0 };
    if (entry.type === 'file') archive.entry({ ...common, mode: entry.mode, size: entry.data.length }, viewOf(entry.data));
    else if (entry.type === 'symlink') archive.entry({ ...common, type: 'symlink', mode: 0o777, linkname: entry.target });
    else if (entry.type === 'directory') archive.entry({ ...common, type: 'directory', mode: entry.mode });
    else archive.entry({ ...common, type: 'character-device', mode: entry.mode, devmajor: entry.major, devminor: entry.minor });
  }
  archive.finalize();
  await written;
}

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
