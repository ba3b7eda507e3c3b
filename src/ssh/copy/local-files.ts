import { constants } from 'node:fs';
import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import { messageOf, systemCode } from '../../core/errors.ts';
import { CopyProblem } from './entry.ts';
import type { FileSystem } from './file-system.ts';

const CHUNK = 256 * 1024;

/** This computer's files. */
export function localFiles(os: NodeJS.Platform): FileSystem {
  const { join, basename } = os === 'win32' ? win32 : posix;
  return {
    os,
    join: (folder, name) => join(folder, name),
    nameOf: (path) => (basename(path) === '..' ? '.' : basename(path)),
    async identity(path) {
      const found = await stat(path).catch(() => undefined);
      return found && `${found.dev}:${found.ino}`;
    },
    async stat(path) {
      const found = await stat(path).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return undefined;
        throw problem(path, error);
      });
      if (!found) return undefined;
      const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
      return { kind, mode: found.mode & 0o777, size: found.size };
    },
    async list(path) {
      const names = await readdir(path).catch((error: unknown) => {
        throw problem(path, error);
      });
      return names.sort();
    },
    read,
    write,
    async makeFolder(path, mode) {
      await mkdir(path, { mode }).catch((error: unknown) => {
        throw problem(path, error);
      });
    },
  };
}

async function* read(path: string, size: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw problem(path, error);
  });
  try {
    for (let at = 0; at < size; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(CHUNK, size - at)), 0, null, at).catch((error: unknown) => {
        throw problem(path, error);
      });
      if (bytesRead === 0) throw new CopyProblem(`${path}: became shorter while it was copied`);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

async function write(path: string, mode: number, content: AsyncIterable<Uint8Array>): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_TRUNC, mode | 0o200).catch((error: unknown) => {
    throw problem(path, error);
  });
  try {
    for await (const chunk of content)
      await file.writeFile(chunk).catch((error: unknown) => {
        throw new CopyProblem(`${problem(path, error).message}; the file is incomplete`);
      });
  } finally {
    await file.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  ENOSPC: 'No space left on device',
  EDQUOT: 'Disk quota exceeded',
  EROFS: 'Read-only file system',
  EFBIG: 'File too large',
  ENAMETOOLONG: 'File name too long',
  ELOOP: 'Too many levels of symbolic links',
};

function problem(path: string, error: unknown): CopyProblem {
  if (systemCode(error) === undefined) throw error;
  return new CopyProblem(`${path}: ${REASONS[systemCode(error) ?? ''] ?? messageOf(error)}`, { cause: error });
}
