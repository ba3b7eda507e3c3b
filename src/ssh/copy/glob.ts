import type { FileSystem } from './file-system.ts';

/**
 * The paths a remote shell's pattern (`*`, `?`, `[a-z]`) stands for, sorted; scp lets the far side expand what its user wrote. A
 * path that exists as it is written, or that matches nothing, is given back as it is.
 */
export async function expand(files: FileSystem, pattern: string): Promise<string[]> {
  if (!/[*?[]/.test(pattern) || (await files.stat(pattern))) return [pattern];
  const absolute = pattern.startsWith('/');
  let found = [absolute ? '/' : ''];
  for (const part of pattern.split('/').filter((word) => word !== '')) found = await step(files, found, part);
  return found.length === 0 ? [pattern] : found.sort();
}

async function step(files: FileSystem, folders: readonly string[], part: string): Promise<string[]> {
  const joined = (folder: string, name: string) => (folder === '' ? name : files.join(folder, name));
  if (!/[*?[]/.test(part)) {
    const paths = folders.map((folder) => joined(folder, part));
    const there = await Promise.all(paths.map((path) => files.stat(path)));
    return paths.filter((_path, at) => there[at] !== undefined);
  }
  const matcher = new RegExp(`^${source(part)}$`, 's');
  const lists = await Promise.all(folders.map(async (folder) => ({ folder, names: await files.list(folder || '.').catch(() => []) })));
  return lists.flatMap(({ folder, names }) =>
    names.filter((name) => matcher.test(name) && (!name.startsWith('.') || part.startsWith('.'))).map((name) => joined(folder, name)),
  );
}

/** POSIX's pattern matching notation (2.13) as a regular expression. */
function source(part: string): string {
  return part.replace(/\[([!^]?)(\]?[^\]]*)\]|[\s\S]/g, (piece, negated: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${negated ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
    if (piece === '*') return '.*';
    return piece === '?' ? '.' : piece.replace(/[\\^$.|+()[\]{}/]/g, '\\$&');
  });
}
