/** The Docker context of a machine: made on request, kept right when the machine's address or certificates change, gone with it. */
import { readFile } from 'node:fs/promises';
import { MachineError, messageOf } from '../core/errors.ts';
import { type ContextOwner, DockerContexts } from '../store/docker-contexts.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';

/** Throws CONTEXT_NAME, CONTEXT_FOREIGN, CONTEXT_STORE when no context for this machine can be made. */
export async function checkContext(host: MachinesHost, machine: string): Promise<void> {
  await new DockerContexts(host.options.platform).check(machine, await ownerOf(host, machine));
}

/** Makes or updates the context of the machine's name; it is remembered before it exists, so that `rm` finds it. Throws as `checkContext`. */
export async function makeContext(host: MachinesHost, entry: MachineEntry, url: string): Promise<string> {
  const { name } = entry.config;
  const contexts = new DockerContexts(host.options.platform);
  const owner = await ownerOf(host, name);
  await contexts.check(name, owner);
  if (entry.record.context !== name) await entry.update({ context: name });
  const { caCert, clientCert, clientKey } = entry.paths;
  const [ca, cert, key] = await Promise.all([caCert, clientCert, clientKey].map((path) => readFile(path)));
  const tls = url.startsWith('tcp:') && ca && cert && key ? { ca, cert, key } : undefined;
  await contexts.write(name, { owner, host: url, tls });
  if (entry.record.sshProxyJump !== undefined)
    host.options.log.warn(
      `The context ${JSON.stringify(name)} works only where a network leads to ${url}: the machine is behind jump hosts`,
    );
  return name;
}

/** Brings the machine's context, if it has one, up to date. Never throws: the machine is what matters; what went wrong is told. */
export async function refreshContext(host: MachinesHost, entry: MachineEntry, url: () => Promise<string>): Promise<void> {
  if (entry.record.context === undefined) return;
  try {
    await makeContext(host, entry, await url());
  } catch (error) {
    host.options.log.warn(`The Docker context ${JSON.stringify(entry.record.context)} was not updated: ${messageOf(error)}`);
  }
}

/** Removes the machine's context, if it has one; whether there was one. Throws when it cannot be read or removed. */
export async function removeContext(host: MachinesHost, entry: MachineEntry): Promise<boolean> {
  const name = entry.record.context;
  if (name === undefined) return false;
  const contexts = new DockerContexts(host.options.platform);
  const removed = await contexts.remove(name, await ownerOf(host, entry.config.name));
  if (removed && (await contexts.current()) === name)
    host.options.log.warn(`The docker client's current context was ${JSON.stringify(name)}. Run: docker context use default`);
  return removed;
}

async function ownerOf(host: MachinesHost, machine: string): Promise<ContextOwner> {
  const store = await host.storeId();
  if (store === '') throw new MachineError('CONTEXT_STORE', `expected a store that can be written, found ${host.paths.root}`);
  return { store, machine };
}
