import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError, internal } from '../errors.ts';
import { RegistryError } from './errors.ts';
import type { Descriptor } from './manifest.ts';
import type { Repository } from './repository.ts';

interface BlobTransfer {
  /** Bytes so far. */
  received(bytes: number): void;
  retrying(seconds: number): void;
  /** Connections tried in a row before the download fails. */
  attempts: number;
}

/**
 * The bytes of a blob, its size and digest checked at the end: what is read before that must not be used before it. A
 * broken connection is taken up where it broke, with growing pauses, as long as the registry is willing.
 */
export async function* blobStream(
  repository: Repository,
  blob: Descriptor,
  transfer: BlobTransfer,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let received = 0;
  let failures = 0;
  while (received < blob.size || failures === 0) {
    try {
      for await (const chunk of chunksFrom(repository, blob, received, signal)) {
        received += chunk.length;
        if (received > blob.size)
          throw new EngineError(400, `filesystem layer verification failed for digest ${blob.digest}: longer than ${blob.size} bytes`);
        hash.update(chunk);
        transfer.received(received);
        yield chunk;
      }
      if (received === blob.size) break;
      throw internal(`unexpected EOF: ${received} of ${blob.size} bytes of ${blob.digest}`);
    } catch (error) {
      failures += 1;
      if (signal.aborted || failures >= transfer.attempts || !isWorthRetrying(error)) throw error;
      transfer.retrying(failures);
      await delay(failures * 1000, undefined, { signal });
    }
  }
  if (`sha256:${hash.digest('hex')}` !== blob.digest) throw internal(`filesystem layer verification failed for digest ${blob.digest}`);
}

async function* chunksFrom(repository: Repository, blob: Descriptor, offset: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { body, from } = await repository.blob(blob.digest, offset, signal);
  if (from > offset) {
    body.destroy();
    throw internal(`the registry answered from byte ${from} where ${offset} was asked`);
  }
  let skip = offset - from;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const rest = skip === 0 ? chunk : chunk.subarray(skip);
      skip -= chunk.length - rest.length;
      if (rest.length > 0) yield rest;
    }
  } finally {
    body.destroy();
  }
}

/** Refusals stay refusals; what the registry itself says about load, and everything of the network, may pass. */
function isWorthRetrying(error: unknown): boolean {
  if (error instanceof RegistryError) return error.status >= 500;
  return !(error instanceof EngineError && error.status === 400);
}
