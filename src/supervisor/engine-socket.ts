/** The engine's socket on this computer: `docker -H unix://…` as if the engine ran here. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { relay } from '../core/relay.ts';
import type { Platform } from '../host/platform.ts';
import { LONGEST_SOCKET_PATH, pipeName } from './address.ts';
import { FILES } from './files.ts';

/** What is listened on, as this process names it and as others do. */
interface Place {
  readonly listen: string;
  readonly path: string;
  /** A folder made for it alone, which goes with it. */
  readonly folder?: string;
}

export class EngineSocket {
  private readonly server: Server;
  private readonly place: Place;
  private readonly open = new Set<Duplex>();

  private constructor(place: Place, dial: () => Promise<Duplex>) {
    this.place = place;
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (asker) => {
      this.open.add(asker);
      asker.on('error', () => {}).once('close', () => this.open.delete(asker));
      dial().then(
        (engine) => relay(asker, engine),
        () => asker.destroy(),
      );
    });
  }

  /** In the machine's folder, or where the system's limit of a socket's path allows it. Undefined: nowhere. */
  static async listen(dir: string, platform: Platform, dial: () => Promise<Duplex>): Promise<EngineSocket | undefined> {
    const place = placeFor(dir, platform);
    if (place === undefined) return undefined;
    const socket = new EngineSocket(place, dial);
    if (platform.os !== 'win32') rmSync(place.listen, { force: true });
    const umask = process.umask(0o177); // 0600 from the first moment; listening on a path binds before it returns
    try {
      await new Promise<void>((resolve, reject) => socket.server.once('error', reject).listen(place.listen, () => resolve()));
      return socket;
    } catch {
      return undefined;
    } finally {
      process.umask(umask);
    }
  }

  /** For others: absolute, or a pipe. */
  get path(): string {
    return this.place.path;
  }

  close(): void {
    this.server.close(); // removes the file
    for (const asker of this.open) asker.destroy();
    if (this.place.folder !== undefined) rmSync(this.place.folder, { recursive: true, force: true });
  }
}

function placeFor(dir: string, platform: Platform): Place | undefined {
  if (platform.os === 'win32') return { listen: `${pipeName(dir)}-docker`, path: `${pipeName(dir)}-docker` };
  const path = join(dir, FILES.engineSocket);
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { listen: FILES.engineSocket, path };
  const folder = privateFolder(`tsmachine-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`, platform);
  if (folder === undefined) return undefined;
  const short = join(folder, FILES.engineSocket);
  return Buffer.byteLength(short) <= LONGEST_SOCKET_PATH ? { listen: short, path: short, folder } : undefined;
}

/** A folder that nobody else can have made or can enter; undefined when somebody did. */
function privateFolder(name: string, { env, uid }: Platform): string | undefined {
  const folder = join(env.XDG_RUNTIME_DIR || tmpdir(), name);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // there already: looked at
  }
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0 ? folder : undefined;
}
