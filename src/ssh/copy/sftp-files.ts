import { posix } from 'node:path';
import type { Client, FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2';
import { MachineError, messageOf } from '../../core/errors.ts';
import { CopyProblem } from './entry.ts';
import type { FileStat, FileSystem } from './file-system.ts';

export interface SftpFiles extends FileSystem {
  close(): void;
}

/** Bytes of one request; ssh2 divides it further for servers that take less (draft-ietf-secsh-filexfer-02, 3: 32 KiB at least). */
const CHUNK = 240 * 1024;
/** Requests under way at once: hides the time that each takes. */
const WINDOW = 8;

/** A machine's files over SFTP (version 3). Undefined when its server has none. */
export async function sftpFiles(client: Client): Promise<SftpFiles | undefined> {
  const sftp = await new Promise<SFTPWrapper | undefined>((resolve, reject) => {
    client.once('close', () => reject(broken()));
    client.sftp((error, wrapper) => resolve(error ? undefined : wrapper));
  });
  return sftp && filesOf(new Requests(client, sftp));
}

function filesOf(requests: Requests): SftpFiles {
  const { sftp } = requests;
  return {
    os: 'linux',
    join: (folder, name) => posix.join(folder, name),
    nameOf: (path) => (posix.basename(path) === '..' ? '.' : posix.basename(path)),
    identity: (path) => requests.ask<string>(path, (done) => sftp.realpath(path, done)).catch(() => undefined),
    close: () => sftp.end(),
    async stat(path) {
      const found = await requests.ask<Stats | undefined>(path, (done) =>
        sftp.stat(path, (error, stats) => (codeOf(error) === NO_SUCH_FILE ? done(undefined, undefined) : done(error, stats))),
      );
      return found && describe(found);
    },
    async list(path) {
      const found = await requests.ask<FileEntryWithStats[]>(path, (done) => sftp.readdir(path, done));
      return found
        .map((entry) => entry.filename)
        .filter((name) => name !== '.' && name !== '..')
        .sort();
    },
    read: (path, size) => read(requests, path, size),
    write: (path, mode, content) => write(requests, path, mode, content),
    makeFolder: (path, mode) => requests.ask<void>(path, (done) => sftp.mkdir(path, { mode }, done)),
  };
}

function describe(found: Stats): FileStat {
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  return { kind, mode: found.mode & 0o777, size: found.size };
}

type Done<T> = (error: Error | null | undefined, value: T) => void;

/** Questions to the server, which fail when the connection ends: ssh2 itself would leave them open. */
class Requests {
  readonly sftp: SFTPWrapper;
  private readonly ended: Promise<never>;

  constructor(client: Client, sftp: SFTPWrapper) {
    this.sftp = sftp;
    this.ended = new Promise((_resolve, reject) => {
      for (const emitter of [client, sftp] as const) emitter.once('close', () => reject(broken()));
    });
    this.ended.catch(() => {}); // who waits for an answer hears of it
  }

  async ask<T>(path: string, question: (done: Done<T>) => void): Promise<T> {
    const answer = new Promise<T>((resolve, reject) => question((error, value) => (error ? reject(problem(path, error)) : resolve(value))));
    return Promise.race([answer, this.ended]);
  }
}

async function* read(requests: Requests, path: string, size: number): AsyncGenerator<Uint8Array> {
  const { sftp } = requests;
  const handle = await requests.ask<Buffer>(path, (done) => sftp.open(path, 'r', done));
  const under: Promise<Buffer>[] = [];
  const part = async (at: number, length: number): Promise<Buffer> => {
    const buffer = Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length; ) {
      const count = await requests.ask<number>(path, (done) => sftp.read(handle, buffer, filled, length - filled, at + filled, done));
      if (count === 0) throw new CopyProblem(`${path}: became shorter while it was copied`);
      filled += count;
    }
    return buffer;
  };
  try {
    for (let at = 0; at < size || under.length > 0; ) {
      for (; at < size && under.length < WINDOW; at += CHUNK) {
        const wanted = part(at, Math.min(CHUNK, size - at));
        wanted.catch(() => {}); // told when its turn comes
        under.push(wanted);
      }
      const next = under.shift();
      if (next) yield await next;
    }
  } finally {
    await Promise.allSettled(under);
    await requests.ask<void>(path, (done) => sftp.close(handle, done)).catch(() => {});
  }
}

async function write(requests: Requests, path: string, mode: number, content: AsyncIterable<Uint8Array>): Promise<void> {
  const { sftp } = requests;
  const handle = await requests.ask<Buffer>(path, (done) => sftp.open(path, 'w', mode | 0o200, done));
  const under = new Set<Promise<void>>();
  let failure: unknown;
  try {
    let at = 0;
    for await (const chunk of content) {
      for (const part of parts(chunk)) {
        const length = part.length;
        const position = at;
        const written = requests
          .ask<void>(path, (done) => sftp.write(handle, part, 0, length, position, done))
          .catch((error: unknown) => {
            failure ??= error;
          })
          .finally(() => under.delete(written));
        under.add(written);
        at += length;
        if (under.size >= WINDOW) await Promise.race(under);
      }
      if (failure !== undefined) break;
    }
    await Promise.all(under);
  } finally {
    await requests
      .ask<void>(path, (done) => sftp.close(handle, done))
      .catch((error: unknown) => {
        failure ??= error; // some servers say here that the disk is full
      });
  }
  if (failure instanceof CopyProblem) throw new CopyProblem(`${failure.message}; the file is incomplete`);
  if (failure !== undefined) throw failure;
}

function* parts(chunk: Uint8Array): Generator<Buffer> {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}

const NO_SUCH_FILE = 2;
/** Status codes of SFTP version 3, in the words of OpenSSH's client. */
const REASONS: Readonly<Record<number, string>> = {
  2: 'No such file or directory',
  3: 'Permission denied',
  4: 'Failure',
  8: 'Operation not supported',
};

const codeOf = (error: unknown): number | undefined => (error as { code?: unknown } | null | undefined)?.code as number | undefined;

function problem(path: string, error: Error): Error {
  const code = codeOf(error);
  if (typeof code !== 'number') return broken(error);
  const said = messageOf(error);
  return new CopyProblem(`${path}: ${said && said !== 'Failure' ? (REASONS[code] ?? said) : 'Failure'}`, { cause: error });
}

function broken(cause?: unknown): MachineError {
  return new MachineError('SSH_FAILED', 'the connection broke before the copy ended', { cause });
}
