import { usage } from './command-line.ts';
import type { OptionError } from './values.ts';

/** Where the engine listens. */
export type Listen = { kind: 'unix'; path: string } | { kind: 'tcp'; host: string; port: number } | { kind: 'fd'; name: string };

export const defaultSocket = '/var/run/docker.sock';

/** Reads one `-H` value (moby opts/hosts.go). `tls`: an empty value is then TLS on 2376. Throws OptionError. */
export function parseHost(value: string, tls: boolean): Listen {
  const text = value.trim();
  if (text === '') return tls ? { kind: 'tcp', host: 'localhost', port: 2376 } : { kind: 'unix', path: defaultSocket };
  const separator = text.indexOf('://');
  const protocol = separator < 0 ? 'tcp' : text.slice(0, separator);
  const address = separator < 0 ? text : text.slice(separator + 3);
  switch (protocol) {
    case 'unix':
      return { kind: 'unix', path: address === '' ? defaultSocket : address };
    case 'fd':
      return { kind: 'fd', name: address };
    case 'tcp':
      return parseTcp(text, address, tls);
    default:
      throw usage(`invalid argument "${value}" for "-H, --host" flag: invalid bind address (${text}): unsupported proto '${protocol}'`);
  }
}

function parseTcp(text: string, address: string, tls: boolean): Listen {
  const fail = (reason: string): OptionError =>
    usage(`invalid argument "${text}" for "-H, --host" flag: invalid bind address (${text}): ${reason}`);
  if (address.includes('/')) throw fail('should not contain a path element');
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(address);
  if (match === null) throw fail(`parse "tcp://${address}": invalid address`);
  const host = match[1] ?? match[2] ?? '';
  const portText = match[3] ?? '';
  if (!/^\d*$/.test(portText)) throw fail(`parse "tcp://${address}": invalid port ":${portText}" after host`);
  const port = portText === '' ? (tls ? 2376 : 2375) : Number(portText);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw fail(`invalid port: ${portText}`);
  return { kind: 'tcp', host: host === '' ? 'localhost' : host, port };
}
