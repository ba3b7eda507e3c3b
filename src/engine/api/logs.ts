import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Container } from '../containers/container.ts';
import type { ContainerServices } from '../containers/services.ts';
import { badRequest, conflict, EngineError } from '../errors.ts';
import type { ApiAnswer, ApiRequest } from '../http/route.ts';
import { parseTimestamp } from '../http/timestamps.ts';
import { readLog } from '../runtime/logs/log-reader.ts';
import { type LogEntry, readLogLimits } from '../runtime/logs/log-writer.ts';
import { frame, streamType } from './frames.ts';

/** `GET /containers/{id}/logs` (v1.24 to v1.51). */
export async function containerLogs(
  services: ContainerServices,
  container: Container,
  request: ApiRequest,
  answer: ApiAnswer,
): Promise<void> {
  const { query } = request;
  const wanted = { stdout: query.boolean('stdout'), stderr: query.boolean('stderr') };
  if (container.removing) throw conflict('can not get logs from container which is dead or marked for removal');
  const options = container.record.hostConfig.LogConfig;
  if (options?.Type === 'none') throw new EngineError(501, 'configured logging driver does not support reading');
  const tail = query.string('tail');
  const until = query.string('until') === '0' ? '' : query.string('until');
  const reading = {
    since: parseTimestamp(query.string('since')),
    until: parseTimestamp(until),
    tail: /^\d+$/.test(tail) ? Number(tail) : undefined,
    follow: query.boolean('follow') ? container.log : undefined,
    signal: request.signal,
  };
  const details = query.boolean('details');
  const timestamps = query.boolean('timestamps');
  const { tty } = container;
  const output = answer.stream(200, streamType(tty, request.version));
  const show = (entry: LogEntry): Buffer => {
    const line = Buffer.from(`${timestamps ? `${entry.time} ` : ''}${details ? ' ' : ''}${entry.log}`);
    return tty ? line : frame(entry.stream, line);
  };
  for await (const entries of readLog(logPaths(services, container), reading)) {
    const shown = entries.filter((entry) => wanted[entry.stream]).map(show);
    if (output.destroyed) return;
    if (!output.write(Buffer.concat(shown))) await Promise.race([once(output, 'drain'), once(output, 'close')]).catch(() => undefined);
  }
  output.end();
}

/** Says what dockerd says before anything else about the streams. */
export function checkLogStreams(request: ApiRequest): void {
  if (!request.query.boolean('stdout') && !request.query.boolean('stderr')) {
    throw badRequest('Bad parameters: you must choose at least one stream');
  }
}

/** Rotated files, oldest first, then the current one. */
export function logPaths(services: ContainerServices, container: Container): string[] {
  const path = services.records.logPath(container.id);
  const { maxFiles } = readLogLimits(container.record.hostConfig.LogConfig?.Config ?? {});
  const rotated = Array.from({ length: maxFiles - 1 }, (_unused, index) => `${path}.${maxFiles - 1 - index}`);
  return [...rotated.filter((name) => existsSync(name)), path];
}
