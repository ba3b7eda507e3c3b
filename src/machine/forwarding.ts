/** Ports and the engine's socket of a machine on this computer, over SSH, for as long as somebody wants them. */

import { rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import { followPublishedPorts, keyOf, type PublishedPort } from '../forward/index.ts';
import { openChannel } from '../ssh/forwards/channels.ts';
import { type ForwardSpec, forwardLocal, type Listener } from '../ssh/forwards/forwards.ts';
import { KeptConnection } from '../ssh/kept-connection.ts';
import type { ForwardListener, ForwardRequest, MachineSsh } from './api.ts';

const ENGINE_SOCKET = '/var/run/docker.sock';
/** Milliseconds until a place that was taken is tried again. */
const RETRY = 3000;

/** See `Machine.forward`. */
export async function forwardUntilAborted(
  ssh: MachineSsh,
  request: ForwardRequest,
  told: ForwardListener,
  signal: AbortSignal,
): Promise<void> {
  const connection = new KeptConnection(ssh.connect, (text) => told.trouble(text), signal);
  const forwards = new Forwards(connection, told);
  try {
    await connection.client(); // what is wrong with it is an error now, and an interruption later
    if (request.socket !== undefined) {
      await removeDeadSocket(request.socket);
      await forwards.open({ listen: { socket: request.socket }, target: { socket: ENGINE_SOCKET } });
    }
    for (const spec of request.local) await forwards.open(spec);
    if (request.published) await followed(connection, forwards, { bind: request.bind, told, signal });
    else if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  } finally {
    forwards.close();
    connection.close();
  }
}

interface Following {
  readonly bind: string;
  readonly told: ForwardListener;
  readonly signal: AbortSignal;
}

async function followed(connection: KeptConnection, forwards: Forwards, { bind, told, signal }: Following): Promise<void> {
  let trouble = false;
  const set = new PublishedForwards(forwards, bind, told);
  const retry = setInterval(() => set.retry(), RETRY);
  try {
    await followPublishedPorts({
      dial: async () => openChannel(await connection.client(), { socket: ENGINE_SOCKET }),
      onPorts: (ports) => set.want(ports),
      onTrouble(error) {
        if (error && !trouble) told.trouble(`the engine is not reached: ${messageOf(error)}; trying again`);
        trouble = error !== undefined;
      },
      signal,
    });
  } finally {
    clearInterval(retry);
  }
}

/** The listeners that are open. */
class Forwards {
  private readonly connection: KeptConnection;
  private readonly told: ForwardListener;
  private readonly listeners = new Set<Listener>();

  constructor(connection: KeptConnection, told: ForwardListener) {
    this.connection = connection;
    this.told = told;
  }

  async open(spec: ForwardSpec): Promise<Listener> {
    const { target } = spec;
    const listener = await forwardLocal(
      spec,
      () => this.connection.client(),
      (problem) => this.told.trouble(problem),
    );
    this.listeners.add(listener);
    this.told.opened(listener.place, 'socket' in target ? target.socket : `${target.host}:${target.port}`);
    return listener;
  }

  shut(listener: Listener): void {
    if (!this.listeners.delete(listener)) return;
    listener.close();
    this.told.closed(listener.place);
  }

  close(): void {
    for (const listener of this.listeners) listener.close();
    this.listeners.clear();
  }
}

/** Brings what is open in line with what containers publish. */
class PublishedForwards {
  private readonly forwards: Forwards;
  private readonly bind: string;
  private readonly told: ForwardListener;
  private readonly open = new Map<string, Promise<Listener | undefined>>();
  private wanted = new Map<string, PublishedPort>();
  private readonly complained = new Set<string>();

  constructor(forwards: Forwards, bind: string, told: ForwardListener) {
    this.forwards = forwards;
    this.bind = bind;
    this.told = told;
  }

  want(ports: readonly PublishedPort[]): void {
    this.wanted = new Map(ports.map((port) => [keyOf(port), port]));
    for (const [key, listener] of this.open) {
      if (this.wanted.has(key)) continue;
      this.open.delete(key);
      void listener.then((opened) => opened && this.forwards.shut(opened));
    }
    for (const key of this.complained) if (!this.wanted.has(key)) this.complained.delete(key);
    this.retry();
  }

  /** Opens what is wanted and is not open. */
  retry(): void {
    for (const [key, port] of this.wanted) if (!this.open.has(key)) this.open.set(key, this.begin(key, port));
  }

  private async begin(key: string, { protocol, address, port }: PublishedPort): Promise<Listener | undefined> {
    if (protocol === 'udp') {
      this.complain(key, `port ${port}/udp is left out: SSH carries no UDP`);
      return undefined;
    }
    const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
    try {
      return await this.forwards.open({ listen: { host: this.bind, port }, target: { host, port } });
    } catch (error) {
      this.open.delete(key); // for the next try
      this.complain(key, `port ${port}: ${messageOf(error)}`);
      return undefined;
    }
  }

  private complain(key: string, text: string): void {
    if (this.complained.has(key)) return;
    this.complained.add(key);
    this.told.trouble(text);
  }
}

/** A socket whose program was killed. One that answers, and any other file, stays: listening on it fails with the reason. */
async function removeDeadSocket(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) throw new MachineError('SSH_FORWARD', `expected ${path} to be free or a socket, found another file`);
  const dead = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => resolve(false)).once('error', (error) => resolve(systemCode(error) === 'ECONNREFUSED'));
    probe.once('connect', () => probe.destroy());
  });
  if (dead) await rm(path, { force: true });
}
