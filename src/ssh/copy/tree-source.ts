import { type CopyEntry, CopyProblem, isPlainName } from './entry.ts';
import type { FileSystem } from './file-system.ts';

/** As OpenSSH's; links that lead in circles end there. */
const MAX_DEPTH = 64;

/** The entries of a path and, with `recursive`, of all that lies under it. */
export async function* treeEntries(files: FileSystem, path: string, recursive: boolean): AsyncGenerator<CopyEntry> {
  yield* entriesOf({ files, recursive, path, name: files.nameOf(path), depth: 0 });
}

interface Walk {
  readonly files: FileSystem;
  readonly recursive: boolean;
  readonly path: string;
  readonly name: string;
  readonly depth: number;
}

async function* entriesOf(walk: Walk): AsyncGenerator<CopyEntry> {
  const { files, path, name, recursive, depth } = walk;
  try {
    const found = await files.stat(path);
    if (!found) throw new CopyProblem(`${path}: No such file or directory`);
    const { kind, mode, size } = found;
    if (kind === 'file') yield { kind: 'file', name, mode, size, content: files.read(path, size) };
    else if (kind === 'other' || !recursive) throw new CopyProblem(`${path}: not a regular file`);
    else if (depth === MAX_DEPTH) throw new CopyProblem(`${path}: Maximum directory depth exceeded: ${MAX_DEPTH} levels`);
    else yield* folderEntries(walk, mode, await files.list(path));
  } catch (error) {
    if (!(error instanceof CopyProblem)) throw error;
    yield { kind: 'problem', text: error.message };
  }
}

async function* folderEntries(
  { files, recursive, path, name, depth }: Walk,
  mode: number,
  names: readonly string[],
): AsyncGenerator<CopyEntry> {
  yield { kind: 'folder', name, mode };
  for (const child of names) {
    if (isPlainName(child, files.os)) yield* entriesOf({ files, recursive, path: files.join(path, child), name: child, depth: depth + 1 });
    else yield { kind: 'problem', text: `${path}: unexpected file name ${JSON.stringify(child)}` };
  }
  yield { kind: 'leave' };
}
