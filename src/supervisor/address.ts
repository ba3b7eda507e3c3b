/** Where a supervisor answers, and how to get there when the path is longer than a socket address may be. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '../host/platform.ts';
import { FILES } from './files.ts';

/** Bytes of sun_path without the final NUL: 103 on macOS and the BSDs, 107 on Linux. */
export const LONGEST_SOCKET_PATH = 103;

/** The address a supervisor listens on; it runs in the machine's folder, so the name alone will do there. */
export function listenAddress(dir: string, { os }: Pick<Platform, 'os'>): string {
  return os === 'win32' ? pipeName(dir) : FILES.socket;
}

/** Named pipes live in one flat name space: a digest of the folder (which Windows compares ignoring case) tells machines apart. */
export function pipeName(dir: string): string {
  return `\\\\.\\pipe\\tsmachine-${createHash('sha256').update(dir.toLowerCase()).digest('hex').slice(0, 32)}`;
}

/** Connects to the supervisor of the machine in `dir`. Rejects with the system's error when none listens. */
export async function connectToSupervisor(dir: string, platform: Pick<Platform, 'os'>): Promise<Socket> {
  if (platform.os === 'win32') return connect(pipeName(dir));
  const path = join(dir, FILES.socket);
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return connect(path);
  const temporary = Buffer.byteLength(tmpdir()) <= LONGEST_SOCKET_PATH / 2 ? tmpdir() : '/tmp';
  const detour = await mkdtemp(join(temporary, 'tsm-')); // 0700: nobody else can put another link in its place
  try {
    await symlink(dir, join(detour, 'm'));
    return await connect(join(detour, 'm', FILES.socket));
  } finally {
    await rm(detour, { recursive: true, force: true });
  }
}

/** Resolves when connected. */
export function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
