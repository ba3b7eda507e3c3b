import { chmodSync, chownSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type ListenOptions, type Socket } from 'node:net';
import type { Listen } from '../options/hosts.ts';
import type { TlsSettings } from '../options/settings.ts';
import { readTls } from './tls.ts';

export interface Listeners {
  /** TCP ports that are bound, in the order of the -H options. */
  ports: number[];
  /** Takes certificates and client CA from their files again. Throws when they do not fit; the old ones then stay. */
  reloadTls(): void;
  /** Stops listening; connections go on. */
  close(): Promise<void>;
  /** Open connections. */
  connections(): number;
}

export interface ListenSettings {
  listen: readonly Listen[];
  tls: TlsSettings | undefined;
  group: string;
  /** Descriptors the service manager passed. */
  passed: readonly number[];
}

// Go's server neither limits the time of a body nor closes idle connections.
const serverOptions = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 60_000, maxHeaderSize: 1024 * 1024, allowHalfOpen: true };

type ReloadableServer = Server & { setSecureContext?: (options: ReturnType<typeof readTls>) => void };

/** Opens every listener; when one fails the others are closed again. Throws Error with what could not be bound. */
export async function openListeners(
  settings: ListenSettings,
  handlers: { unix: RequestListener; network: RequestListener },
): Promise<Listeners> {
  const servers: ReloadableServer[] = [];
  const open = new Set<Socket>();
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  };
  const ports: number[] = [];
  try {
    const targets = await Promise.all(settings.listen.map((listen) => expand(listen, settings.passed)));
    for (const target of targets.flat()) {
      const server =
        target.secure && settings.tls !== undefined
          ? await secureServer(settings.tls, handlers.network)
          : createServer(serverOptions, target.secure ? handlers.network : handlers.unix);
      prepare(server, open);
      servers.push(server);
      if (target.unixPath !== undefined) await removeStale(target.unixPath);
      await listenOn(server, target.options);
      if (target.unixPath !== undefined) protect(target.unixPath, settings.group);
      const address = server.address();
      if (address !== null && typeof address === 'object') ports.push(address.port);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const { tls } = settings;
  return {
    ports,
    reloadTls: () => {
      if (tls === undefined) return;
      const context = readTls(tls);
      for (const server of servers) server.setSecureContext?.(context);
    },
    close,
    connections: () => open.size,
  };
}

interface BindTarget {
  options: ListenOptions;
  unixPath?: string;
  /** TCP: behind TLS when it is on. */
  secure: boolean;
}

async function expand(listen: Listen, passed: readonly number[]): Promise<BindTarget[]> {
  if (listen.kind === 'tcp') return [{ options: { host: listen.host, port: listen.port }, secure: true }];
  const { choosePassed, passedAt } = await import('./activation.ts');
  if (listen.kind === 'unix') {
    const fd = await passedAt(passed, listen.path);
    if (fd !== undefined) return [{ options: { fd } as ListenOptions, secure: false }];
    return [{ options: { path: listen.path }, unixPath: listen.path, secure: false }];
  }
  return (await choosePassed(passed, listen.name)).map(({ fd, network }) => ({ options: { fd } as ListenOptions, secure: network }));
}

async function secureServer(tls: TlsSettings, handler: RequestListener): Promise<ReloadableServer> {
  const https = await import('node:https');
  const options = { ...serverOptions, ...readTls(tls), requestCert: tls.verify, rejectUnauthorized: tls.verify };
  return https.createServer(options, handler);
}

function prepare(server: Server, open: Set<Socket>): void {
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('clientError', (_error, socket) => {
    if (!socket.writable) return socket.destroy();
    const body = '400 Bad Request';
    socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${body}`);
    // A peer that keeps its half open must not hold the descriptor.
    socket.once('finish', () => socket.destroy());
  });
  server.on('dropRequest', (_request, socket) => socket.destroy());
}

function listenOn(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(options, () => {
      server.removeListener('error', failed);
      done();
    });
  });
}

/** A socket file whose engine is gone is replaced; one that answers is another engine's. */
async function removeStale(path: string): Promise<void> {
  const alive = await new Promise<boolean>((done) => {
    const socket = connect(path, () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
  if (alive) throw new Error(`failed to load listeners: can't create unix socket ${path}: is in use by another engine`);
  rmSync(path, { force: true });
}

/** root:GROUP 0660, as dockerd; without that group the socket stays root's. */
function protect(path: string, group: string): void {
  chmodSync(path, 0o660);
  const id = /^\d+$/.test(group) ? Number(group) : groupId(group);
  if (id !== undefined && process.getuid?.() === 0) chownSync(path, 0, id);
}

function groupId(name: string): number | undefined {
  try {
    const line = readFileSync('/etc/group', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${name}:`));
    return line === undefined ? undefined : Number(line.split(':')[2]);
  } catch {
    return undefined;
  }
}
