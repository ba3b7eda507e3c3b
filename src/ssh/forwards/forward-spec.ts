import { MachineError } from '../../core/errors.ts';

/** One end of a forward. */
export type ForwardEnd = { readonly host: string; readonly port: number } | { readonly socket: string };

/** What ssh's -L and -R say. */
export interface ForwardSpec {
  /** Where connections are taken; host '' for this side's loopback, '*' for every address. */
  readonly listen: ForwardEnd;
  readonly target: ForwardEnd;
}

/**
 * `[bind:]port:host:hostport`, `[bind:]port:/socket`, `/socket:host:hostport` or `/socket:/socket`, IPv6 addresses in brackets
 * (ssh(1), -L). Throws `SSH_FORWARD`.
 */
export function parseForward(text: string, option: string): ForwardSpec {
  const [listen, rest] = readEnd(splitParts(text), true);
  const [target, left] = readEnd(rest, false);
  if (!listen || !target || left.length > 0) throw forwardError(option, '[bind_address:]port:host:hostport', text);
  return { listen, target };
}

/** `[bind:]port` (ssh(1), -D). Throws `SSH_FORWARD`. */
export function parseDynamic(text: string): ForwardEnd {
  const parts = splitParts(text);
  const [host, port] = parts.length === 1 ? ['', parts[0]] : parts;
  const end = parts.length <= 2 ? tcpEnd(host, port) : undefined;
  if (!end) throw forwardError('-D', '[bind_address:]port', text);
  return end;
}

/** At colons outside brackets; the brackets go. */
function splitParts(text: string): string[] {
  return (text.match(/\[[^\]]*\](?=:|$)|[^:]+|(?<=:|^)(?=:|$)/g) ?? []).map((part) => part.replace(/^\[(.*)\]$/, '$1'));
}

/** The first end of these parts, and the parts after it. A listening end may have its host left out. */
function readEnd(parts: readonly string[], listens: boolean): [ForwardEnd | undefined, readonly string[]] {
  const [first = '', second] = parts;
  if (first.startsWith('/')) return [{ socket: first }, parts.slice(1)];
  // port:/socket and port:host:hostport against bind:port:/socket and bind:port:host:hostport
  const bound = !listens || parts.length === 4 || (parts.length === 3 && (parts[2] ?? '').startsWith('/'));
  return bound ? [tcpEnd(first, second), parts.slice(2)] : [tcpEnd('', first), parts.slice(1)];
}

function tcpEnd(host: string | undefined, port: string | undefined): ForwardEnd | undefined {
  if (host === undefined || !/^\d{1,5}$/.test(port ?? '') || Number(port) > 65535) return undefined;
  return { host, port: Number(port) };
}

function forwardError(option: string, expected: string, found: string): MachineError {
  return new MachineError('SSH_FORWARD', `${option}: expected ${expected}, found ${JSON.stringify(found)}`);
}
