import { closeSync, realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { OptionError } from '../options/values.ts';

/** A listening socket that the service manager opened for this process. */
export interface PassedSocket {
  fd: number;
  /** Neither a path nor an abstract name: clients come over a network. */
  network: boolean;
}

const FIRST = 3;

/**
 * The descriptors passed to this process (sd_listen_fds(3)). The variables are taken away, so that no child takes them for
 * its own.
 */
export function passedDescriptors(env: NodeJS.ProcessEnv): number[] {
  const { LISTEN_PID, LISTEN_FDS } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  const count = Number(LISTEN_PID) === process.pid ? Number(LISTEN_FDS) : 0;
  return Array.from({ length: Math.max(count, 0) }, (_unused, index) => FIRST + index);
}

/**
 * What `-H fd://NAME` means: every socket, or the one of that number; the others are closed then (moby
 * daemon/listeners/listeners_linux.go). Throws OptionError in dockerd's words.
 */
export async function choosePassed(descriptors: readonly number[], name: string): Promise<PassedSocket[]> {
  if (descriptors.length === 0) throw failed('no sockets found via socket activation: make sure the service was started by systemd');
  const { listeningDomain } = await import('../syscalls/socket.ts');
  const open = (fd: number): PassedSocket => {
    const domain = listeningDomain(fd);
    if (domain === undefined) throw failed(`failed to listen on systemd activated file: fd ${fd}`);
    return { fd, network: domain === 'network' };
  };
  if (name === '' || name === '*') return descriptors.map(open);
  if (!/^[+-]?\d+$/.test(name)) throw failed(`failed to parse systemd fd address: should be a number: ${name}`);
  const wanted = Number(name);
  if (wanted >= FIRST + descriptors.length) throw failed('too few socket activated files passed in by systemd');
  if (!descriptors.includes(wanted)) throw failed(`failed to listen on systemd activated file: fd ${name}`);
  const chosen = open(wanted);
  for (const fd of descriptors) if (fd !== wanted) closeSync(fd);
  return [chosen];
}

/**
 * The passed socket that is bound to this very path: `-H unix://…` then takes it instead of making a second one, which the
 * service manager would know nothing of.
 */
export async function passedAt(descriptors: readonly number[], path: string): Promise<number | undefined> {
  if (descriptors.length === 0) return undefined;
  const { boundPath } = await import('../syscalls/socket.ts');
  return descriptors.find((fd) => {
    const bound = boundPath(fd);
    return bound !== undefined && basename(bound) === basename(path) && folder(bound) === folder(path);
  });
}

/** /var/run is a link to /run. */
function folder(path: string): string | undefined {
  try {
    return realpathSync(dirname(path));
  } catch {
    return undefined;
  }
}

function failed(reason: string): OptionError {
  return new OptionError(`failed to load listeners: ${reason}`);
}
