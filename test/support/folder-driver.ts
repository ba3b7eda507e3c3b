/**
 * A driver whose machines are folders of a place outside the store (its "cloud") and whose guest is a mutual-TLS server in this
 * process: everything a driver of VMs does, without the VM. What it made can be seen after the process died.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { createServer as createProbe } from 'node:net';
import { join } from 'node:path';

import type { Capabilities, Driver, DriverContext, DriverDefinition, FlagValues, OwnedObject } from '../../src/driver/index.ts';

/** Where a test wants to interfere: called with the name of the place. */
export type Hook = (place: FolderPlace) => void | Promise<void>;
export type FolderPlace = 'check' | 'checkpointed' | 'half-made' | 'made' | 'ready' | 'remove';

interface FolderState {
  Cloud: string;
  Port: number;
  Made: boolean;
}

export function folderDriver(hook: Hook = () => {}, guest: Capabilities['guest'] = 'boot-image'): DriverDefinition {
  return {
    contract: 1,
    name: 'folder',
    description: 'machines that are folders',
    capabilities: { guest, hostKey: guest === 'boot-image' ? 'given' : 'none', power: true, sharedAddress: true },
    flags: [
      { name: 'folder-cloud', type: 'string', help: 'where the machines are' },
      { name: 'folder-secret', type: 'string', help: 'a secret', secret: true },
    ],
    open: (context, state) => new FolderDriver(context, state, hook, guest === 'boot-image'),
  };
}

/** Names of what exists in the cloud. */
export async function cloudMachines(cloud: string): Promise<string[]> {
  return (await readdir(cloud)).sort();
}

const servers = new Map<string, Server>();

/** Ends the guests of this process. */
export function closeGuests(): void {
  for (const server of servers.values()) server.close();
  servers.clear();
}

class FolderDriver implements Driver {
  private readonly context: DriverContext;
  private readonly hook: Hook;
  private readonly guestIsOurs: boolean;
  private values: FolderState;

  constructor(context: DriverContext, state: string | undefined, hook: Hook, guestIsOurs: boolean) {
    this.context = context;
    this.hook = hook;
    this.guestIsOurs = guestIsOurs;
    this.values = state === undefined ? { Cloud: '', Port: 0, Made: false } : (JSON.parse(state) as FolderState);
  }

  serialize(): string {
    return JSON.stringify(this.values);
  }

  async configure(flags: FlagValues): Promise<void> {
    this.values.Cloud = String(flags['folder-cloud']);
  }

  async preCreateCheck(): Promise<void> {
    await this.hook('check');
  }

  async create(): Promise<void> {
    this.values = { ...this.values, Port: await freePort(), Made: true };
    await this.context.checkpoint(this.serialize());
    await this.hook('checkpointed');
    await mkdir(this.place);
    await this.hook('half-made');
    await this.handOver();
    await writeFile(join(this.place, 'store'), this.context.storeId);
    await writeFile(join(this.place, 'power'), 'on');
    await this.hook('made');
  }

  async remove(): Promise<void> {
    await this.hook('remove');
    servers.get(this.place)?.close();
    servers.delete(this.place);
    if (this.values.Made) await rm(this.place, { recursive: true, force: true });
  }

  async listOwned(): Promise<OwnedObject[]> {
    const names = await readdir(this.values.Cloud);
    const stores = await Promise.all(names.map((name) => readFile(join(this.values.Cloud, name, 'store'), 'utf8').catch(() => '')));
    return names.filter((_, at) => stores[at] === this.context.storeId).map((name) => ({ id: name, machine: name, description: 'folder' }));
  }

  async removeOwned(id: string): Promise<void> {
    await rm(join(this.values.Cloud, id), { recursive: true, force: true });
  }

  async awaitReady(onPhase: (phase: string, seconds: number) => void): Promise<void> {
    await this.hook('ready');
    if (this.guestIsOurs && !servers.has(this.place)) servers.set(this.place, await this.serve());
    onPhase('engine', 0.1);
  }

  stop = () => this.powerOff();
  kill = () => this.powerOff();

  async start(): Promise<void> {
    await this.handOver();
    await writeFile(join(this.place, 'power'), 'on');
  }

  async restart(): Promise<void> {
    await this.powerOff();
    await this.start();
  }

  async state() {
    if (!this.values.Made) return 'None' as const;
    const power = await readFile(join(this.place, 'power'), 'utf8').catch(() => 'off');
    return power === 'on' ? ('Running' as const) : ('Stopped' as const);
  }

  async url(): Promise<string> {
    return this.values.Made ? `tcp://127.0.0.1:${this.values.Port}` : '';
  }

  async ip(): Promise<string> {
    return '127.0.0.1';
  }

  async ssh(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {}

  private get place(): string {
    return join(this.values.Cloud, this.context.machineName);
  }

  private async handOver(): Promise<void> {
    if (!this.guestIsOurs) return;
    const identity = await this.context.identity({ enginePort: this.values.Port, addresses: ['127.0.0.1'] });
    for (const [name, content] of identity.files) await writeFile(join(this.place, name.replaceAll('/', '_')), content);
  }

  private async powerOff(): Promise<void> {
    await writeFile(join(this.place, 'power'), 'off');
    const server = servers.get(this.place);
    servers.delete(this.place);
    if (server) await new Promise((closed) => server.close(closed));
  }

  private async serve(): Promise<Server> {
    const file = (name: string) => readFile(join(this.place, name));
    const [ca, cert, key] = await Promise.all([file('tls_ca.pem'), file('tls_server.pem'), file('tls_server-key.pem')]);
    const options = { ca, cert, key, requestCert: true, rejectUnauthorized: true };
    const server = createServer(options, (_request, answer) => answer.end('{"Version":"1.2.3"}'));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.values.Port, '127.0.0.1', resolve));
    return server;
  }
}

async function freePort(): Promise<number> {
  const probe = createProbe();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
