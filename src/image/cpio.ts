import type { FileTree, TreeEntry } from './file-tree.ts';

const TYPE_BITS = { file: 0o100000, directory: 0o040000, symlink: 0o120000, 'character-device': 0o020000 } as const;

/** A newc cpio archive (Linux Documentation/driver-api/early-userspace/buffer-format.rst), owner root, times zero. */
export function writeCpio(tree: FileTree): Uint8Array {
  const parts: Uint8Array[] = [];
  const entries = tree.sorted();
  for (const [index, [path, entry]] of entries.entries()) parts.push(...record(path, entry, index + 1));
  parts.push(...record('TRAILER!!!', undefined, 0));
  const archive = Buffer.concat(parts);
  return Buffer.concat([archive, padding(archive.length, 512)]);
}

function record(path: string, entry: TreeEntry | undefined, inode: number): Uint8Array[] {
  const data = entry?.type === 'symlink' ? Buffer.from(entry.target) : entry?.type === 'file' ? entry.data : new Uint8Array();
  const name = Buffer.from(`${path}\0`);
  const [major, minor] = entry?.type === 'character-device' ? [entry.major, entry.minor] : [0, 0];
  const mode = entry === undefined ? 0 : TYPE_BITS[entry.type] | (entry.type === 'symlink' ? 0o777 : entry.mode);
  const links = entry?.type === 'directory' ? 2 : 1;
  // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length, 4), data, padding(data.length, 4)];
}

function padding(length: number, block: number): Uint8Array {
  return new Uint8Array((block - (length % block)) % block);
}
