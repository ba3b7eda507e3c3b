import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { statfsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemCode } from '../../core/errors.ts';
import { internal } from '../errors.ts';
import { decompress } from './decompress.ts';
import { TarScanner } from './tar-scanner.ts';
import { convertWhiteouts, isWhiteout } from './whiteouts.ts';

export interface ExtractedLayer {
  /** `sha256:…` of the plain tar. */
  diffId: string;
  /** Bytes of file content, as `docker images` counts them. */
  size: number;
}

/**
 * GNU tar unpacks: it keeps owners, modes, times, extended attributes, hard links, devices and sparse files, refuses `..`
 * in names, strips leading slashes, and makes symlinks that lead elsewhere only when all else is written, so that nothing
 * of a layer lands outside. Overlayfs's private attributes are ours alone to set.
 */
const TAR_OPTIONS = [
  '--extract',
  '--numeric-owner',
  '--same-owner',
  '--preserve-permissions',
  '--xattrs',
  '--xattrs-include=*',
  '--xattrs-exclude=trusted.*',
];

/** Unpacks one layer (tar, gzip or zstd) into the empty directory `target`. Throws EngineError 500 with the reason. */
export async function extractLayer(source: AsyncIterable<Buffer>, target: string): Promise<ExtractedLayer> {
  const hash = createHash('sha256');
  const marks = new Set<string>();
  let size = 0;
  const scanner = new TarScanner((entry) => {
    if (isWhiteout(entry.name)) marks.add(entry.name);
    else if (entry.type === '0') size += entry.size;
    else if (entry.type === '2') size += Buffer.byteLength(entry.linkName);
  });
  await feedTar(target, async function* () {
    for await (const chunk of await decompress(source)) {
      hash.update(chunk);
      scanner.push(chunk);
      yield chunk;
    }
    scanner.end();
  });
  convertWhiteouts(target, marks);
  return { diffId: `sha256:${hash.digest('hex')}`, size };
}

async function feedTar(target: string, bytes: () => AsyncGenerator<Buffer>): Promise<void> {
  const tar = spawn('tar', [...TAR_OPTIONS, '--directory', target, '--file', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = exitOf(tar, target);
  ended.catch(() => undefined);
  try {
    await pipeline(bytes, tar.stdin);
  } catch (error) {
    // tar that stops early closes the pipe: its own words tell why, not EPIPE
    const pipeClosed = systemCode(error) === 'EPIPE' || systemCode(error) === 'ERR_STREAM_PREMATURE_CLOSE';
    if (!pipeClosed) tar.kill('SIGKILL');
    await (pipeClosed ? ended : ended.catch(() => undefined));
    throw error;
  }
  await ended;
}

function exitOf(tar: ChildProcessByStdio<Writable, null, Readable>, target: string): Promise<void> {
  let words = '';
  tar.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (words.length < 4096) words += text;
  });
  return new Promise((resolve, reject) => {
    tar.once('error', (error) => reject(internal(`cannot start tar (Debian package tar): ${error.message}`, error)));
    tar.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(internal(`failed to register layer: ${reasonOf(words, target) || `tar ended with ${signal ?? `exit code ${code}`}`}`));
    });
  });
}

/** Less than this free means that the disk is full, which tar may tell as "Wrote only 512 of 10240 bytes". */
const FULL_BYTES = 64 * 1024;

function reasonOf(words: string, target: string): string {
  const said = words.trim().split('\n')[0] ?? '';
  try {
    const { bavail, bsize } = statfsSync(target);
    return bavail * bsize < FULL_BYTES ? `write ${target}: no space left on device` : said;
  } catch {
    return said;
  }
}
