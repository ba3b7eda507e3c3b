import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { badRequest } from '../errors.ts';
import { goSyntaxError } from './go-json.ts';

/** A body of a create or exec call is never near this; a hostile one must not fill the memory. */
const limit = 16 * 1024 * 1024;

/**
 * Reads a JSON object as dockerd does (moby api/server/httputils/httputils.go, ReadJSON). `required`: nothing is an error too,
 * as for create.
 */
export async function readJson(headers: IncomingHttpHeaders, body: Readable, required = false): Promise<Record<string, unknown>> {
  const empty = (headers['content-length'] ?? '0') === '0' && headers['transfer-encoding'] === undefined;
  checkContentType(headers['content-type'], empty);
  if (empty) {
    body.resume();
    if (required) throw badRequest('invalid JSON: got EOF while reading request body');
    return {};
  }
  const text = (await readLimited(body)).toString('utf8');
  if (text.trim() === '') throw badRequest('invalid JSON: got EOF while reading request body');
  const value = parse(text);
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw badRequest(`invalid JSON: json: cannot unmarshal ${goKind(value)} into Go value of type container.CreateRequest`);
  }
  return value as Record<string, unknown>;
}

function checkContentType(contentType: string | undefined, empty: boolean): void {
  if ((contentType === undefined || contentType === '') && empty) return;
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === '') throw badRequest(`malformed Content-Type header (${contentType ?? ''}): mime: no media type`);
  if (type !== 'application/json') {
    throw badRequest(`unsupported Content-Type header (${contentType}): must be 'application/json'`);
  }
}

async function readLimited(body: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw badRequest('invalid JSON: http: request body too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const problem = goSyntaxError(text);
    // Go's decoder is content with the first value and finds the rest afterwards.
    throw badRequest(problem === undefined ? 'unexpected content after JSON' : `invalid JSON: ${problem}`);
  }
}

function goKind(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : String(typeof value);
}
