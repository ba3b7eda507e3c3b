/**
 * One supervisor per machine, by a lock that the kernel lets go of when its holder dies, however it dies: an abstract socket on
 * Linux, a named pipe on Windows, O_EXLOCK where BSD's open(2) has it.
 */
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import type { Platform } from '../host/platform.ts';
import { digestOf, pipeName } from './address.ts';
import { FILES } from './files.ts';

const O_EXLOCK = 0x20; // <fcntl.h> of macOS and the BSDs; Node has no name for it

/** True when this process is now the machine's supervisor, until it ends; false when another one is. */
export async function becomeSupervisor(dir: string, platform: Platform): Promise<boolean> {
  if (platform.os === 'win32') return holdName(pipeName(dir, '-lock'));
  if (platform.os !== 'linux') return holdFile(join(dir, FILES.errorLog));
  const { dev, ino } = await stat(dir, { bigint: true });
  return holdName(`\0tsmachine-${digestOf(`${platform.uid}:${dev}:${ino}`)}`);
}

function holdName(name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => (systemCode(error) === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen(name, () => {
      server.unref();
      resolve(true);
    });
  });
}

async function holdFile(path: string): Promise<boolean> {
  try {
    await open(path, constants.O_RDONLY | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK, 0o600).then(keep);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return false;
    throw error;
  }
}

/** A FileHandle that nothing refers to is closed by the garbage collector, and the lock would go with it. */
const held: unknown[] = [];
const keep = (handle: unknown) => void held.push(handle);
