import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { addVeth, changeLink, setHairpin } from '../syscalls/link.ts';
import { unmount } from '../syscalls/mount.ts';
import { createNetworkNamespace } from '../syscalls/namespace.ts';
import { interfaceIndex, Netlink } from '../syscalls/netlink.ts';

export interface ReadyNamespace {
  path: string;
  /** A socket inside; belongs to who takes the namespace. */
  netlink: Netlink;
}

/** Name of the link inside a container. */
export const INSIDE = 'eth0';

/** So long after the last container took one are new ones made: starting comes first. */
const QUIET_MS = 250;

/**
 * Network namespaces made ahead, each with loopback up and one end of a veth pair, the other end in the bridge; who takes
 * one gives it an address. The files that keep them alive are in a folder of the engine's.
 */
export class NamespacePool {
  readonly #folder: string;
  readonly #bridge: string;
  readonly #mtu: number;
  readonly #size: number;
  readonly #host = new Netlink();
  readonly #ready: ReadyNamespace[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: { folder: string; bridge: string; mtu: number; size: number }) {
    this.#folder = options.folder;
    this.#bridge = options.bridge;
    this.#mtu = options.mtu;
    this.#size = options.size;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Makes away with all namespaces but those of running containers. Call before the first `take`. */
  clear(keep: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      if (!keep.has(path)) this.destroy(path);
    }
  }

  take(): ReadyNamespace {
    const namespace = this.#ready.shift() ?? this.#make();
    this.refillSoon();
    return namespace;
  }

  /** Lets the kernel take a namespace away, its links with it. */
  destroy(path: string): void {
    unmount(path);
    rmSync(path, { force: true });
  }

  refillSoon(): void {
    clearTimeout(this.#timer);
    if (this.#closed || this.#ready.length >= this.#size) return;
    this.#timer = setTimeout(() => {
      // one at a time, so that requests come in between
      if (this.#tryMake()) this.refillSoon();
    }, QUIET_MS);
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { path, netlink } of this.#ready.splice(0)) {
      netlink.close();
      this.destroy(path);
    }
    this.#host.close();
  }

  /** What cannot be made ahead is told when it is needed. */
  #tryMake(): boolean {
    try {
      this.#ready.push(this.#make());
      return true;
    } catch {
      return false;
    }
  }

  #make(): ReadyNamespace {
    const name = randomBytes(4).toString('hex').slice(0, 7);
    const path = join(this.#folder, name);
    const netlink = createNetworkNamespace(path);
    const peerNamespace = openSync(path, 'r');
    try {
      const master = interfaceIndex(this.#bridge);
      if (master === undefined) throw new Error(`network interface ${this.#bridge} is gone`);
      this.#host.run([addVeth({ name: `veth${name}`, master, peerName: INSIDE, peerNamespace, mtu: this.#mtu })]);
      const port = interfaceIndex(`veth${name}`);
      if (port !== undefined) this.#host.run([setHairpin(port)]);
      netlink.run([changeLink('lo', { up: true })]);
      return { path, netlink };
    } catch (error) {
      netlink.close();
      this.destroy(path);
      throw error;
    } finally {
      closeSync(peerNamespace);
    }
  }
}
