/** Ports on 127.0.0.1 that stay the machine's own over stop and start. */
import { createServer } from 'node:net';
import { MachineError } from 'tsmachine/driver';

/** Below the range from which systems give ports to outgoing connections (Linux 32768, macOS and Windows 49152). */
const FIRST = 20_000;
const LAST = 32_000;
const TRIES = 200;

/** `count` ports that nobody listens on and that are not in `taken`. Throws `NO_PORT`. */
export async function freePorts(count: number, taken: ReadonlySet<number>): Promise<number[]> {
  const found: number[] = [];
  for (let tries = 0; tries < TRIES && found.length < count; tries++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (!taken.has(port) && !found.includes(port) && (await isFree(port))) found.push(port);
  }
  if (found.length < count)
    throw new MachineError('NO_PORT', `expected a free port from ${FIRST} to ${LAST} on 127.0.0.1, found none in ${TRIES} tries`);
  return found;
}

/** Whether a process could listen on this port of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Ports that other machines of the store have for themselves, also while they are stopped. Unreadable states have none. */
export function portsOf(states: readonly string[]): Set<number> {
  const ports = new Set<number>();
  for (const text of states) {
    try {
      const { SSHPort, EnginePort } = JSON.parse(text) as { SSHPort?: unknown; EnginePort?: unknown };
      for (const port of [SSHPort, EnginePort]) if (typeof port === 'number' && port > 0) ports.add(port);
    } catch {
      // a broken entry must not keep others from being made
    }
  }
  return ports;
}
