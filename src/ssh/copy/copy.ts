/** Copies files between this computer and machines, and from machine to machine through this computer. */
import type { Client } from 'ssh2';
import { type CopyListener, copyEntries } from './copy-entries.ts';
import { type CopyEntry, CopyProblem } from './entry.ts';
import type { FileSystem } from './file-system.ts';
import { expand } from './glob.ts';
import { localFiles } from './local-files.ts';
import { scpEntries } from './scp-source.ts';
import { scpTarget } from './scp-target.ts';
import { sftpFiles } from './sftp-files.ts';
import { treeEntries } from './tree-source.ts';
import { treeTarget } from './tree-target.ts';

export type { CopyListener } from './copy-entries.ts';

/** One end: a path on this computer, or on the machine that a connection leads to. */
export interface CopyEnd {
  readonly path: string;
  readonly client?: Client;
}

export interface CopyRequest {
  readonly from: CopyEnd;
  readonly to: CopyEnd;
  readonly recursive: boolean;
  /** Of this computer. */
  readonly os: NodeJS.Platform;
}

/**
 * As OpenSSH's scp without -p: new files get the source's permission bits less the umask, links are followed, a folder wants
 * `recursive`, a remote source may be a pattern. SFTP where the machine has it, else its scp. Gives the number of problems, each
 * told to the listener. Throws `SSH_FAILED` when a connection breaks.
 */
export async function copyFiles(request: CopyRequest, listener: CopyListener): Promise<number> {
  try {
    const from = { ...request.from, path: homeless(request.from) };
    const to = { ...request.to, path: homeless(request.to) };
    return await copyBetween({ ...request, from, to }, listener);
  } catch (error) {
    if (!(error instanceof CopyProblem)) throw error;
    listener.problem(error.message);
    return 1;
  }
}

async function copyBetween({ from, to, recursive, os }: CopyRequest, listener: CopyListener): Promise<number> {
  const source = await filesOf(from, os);
  const target = from.client === to.client ? source : await filesOf(to, os);
  const paths = source && from.client ? await expand(source, from.path) : [from.path];
  if (source && source === target) await refuseOntoItself(source, paths, target, to.path);
  const several = paths.length > 1;
  const into = target ? treeTarget(target, to.path) : await scpTarget(to.client as Client, to.path, { recursive, folder: several });
  if (several && !(await into.isFolder())) throw new CopyProblem(`${to.path}: Not a directory`);
  return copyEntries(entriesOf(source, from, paths, recursive), into, listener);
}

/** Undefined for a machine without SFTP. */
async function filesOf({ client }: CopyEnd, os: NodeJS.Platform): Promise<FileSystem | undefined> {
  return client ? sftpFiles(client) : localFiles(os);
}

/** A remote path is one of the login user's own folder, with or without `~`; nothing expands that of another user. */
function homeless({ path, client }: CopyEnd): string {
  if (!client) return path;
  if (/^~[^/]/.test(path)) throw new CopyProblem(`${path}: only the login user's own folder is known, by a path without ~`);
  return path.replace(/^~\/*/, '') || '.';
}

/** Writing a file begins with making it empty. */
async function refuseOntoItself(source: FileSystem, paths: readonly string[], target: FileSystem, into: string): Promise<void> {
  const folder = (await target.stat(into))?.kind === 'folder';
  for (const path of paths) {
    const place = folder ? target.join(into, source.nameOf(path)) : into;
    const [from, to] = await Promise.all([source.identity(path), target.identity(place)]);
    if (from !== undefined && from === to) throw new CopyProblem(`${path} and ${place} are the same file`);
  }
}

async function* entriesOf(
  source: FileSystem | undefined,
  { client, path }: CopyEnd,
  paths: readonly string[],
  recursive: boolean,
): AsyncGenerator<CopyEntry> {
  if (!source) yield* scpEntries(client as Client, path, recursive);
  else for (const one of paths) yield* treeEntries(source, one, recursive);
}
