import type { Readable } from 'node:stream';

/** Calls `take` with each full line of a stream, without its end. A line longer than `limit` characters is dropped. */
export function onLines(stream: Readable, take: (line: string) => void, limit = 1 << 20): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > limit) rest = '';
    for (const line of lines) take(line.endsWith('\r') ? line.slice(0, -1) : line);
  });
}
