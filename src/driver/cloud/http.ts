/** HTTP as cloud drivers need it: a deadline, a bound on the answer, and errors that say whether another try may help. */
import { messageOf } from '../../core/errors.ts';
import type { HostContext } from '../context.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** No whole answer came: the network, a deadline, or a connection that was cut. The call may or may not have been carried out. */
export class NoAnswer extends Error {}

export interface HttpLimits {
  /** Milliseconds to the end of the answer. */
  readonly timeout: number;
  /** Bytes. */
  readonly largest: number;
}

const LIMITS: HttpLimits = { timeout: 60_000, largest: 32 << 20 };

/** Redirects are not followed: they would carry credentials elsewhere. Throws NoAnswer; the signal's reason when it is aborted. */
export async function httpAnswer(
  { fetch, signal }: Pick<HostContext, 'fetch' | 'signal'>,
  url: string | URL,
  request: RequestInit = {},
  { timeout, largest }: HttpLimits = LIMITS,
): Promise<HttpAnswer> {
  const limit = AbortSignal.timeout(timeout);
  const place = new URL(url).host;
  try {
    const answer = await fetch(url, { redirect: 'manual', ...request, signal: AbortSignal.any([signal, limit]) });
    return { status: answer.status, headers: answer.headers, text: await bounded(answer, largest) };
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const reason = limit.aborted ? `no answer within ${timeout / 1000} s` : messageOf(cause) || String((cause as { code?: unknown }).code);
    throw new NoAnswer(`${place}: ${reason}`, { cause: error });
  }
}

async function bounded(answer: Response, largest: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    if (size > largest) throw new Error(`an answer of more than ${largest} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
