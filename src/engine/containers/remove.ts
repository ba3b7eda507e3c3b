import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { conflict, internal } from '../errors.ts';
import type { Container } from './container.ts';
import { cancelRestart } from './restart-policy.ts';
import { type ContainerServices, containerEvent } from './services.ts';
import { killContainer } from './stop.ts';

export interface RemoveOptions {
  force: boolean;
  volumes: boolean;
}

/** `DELETE /containers/{id}`. Throws 409 while it runs without force. `name`: as the client called it. */
export async function deleteContainer(
  services: ContainerServices,
  container: Container,
  name: string,
  { force, volumes }: RemoveOptions,
): Promise<void> {
  if (container.removing) throw conflict(`removal of container ${name} is already in progress`);
  container.removing = true;
  try {
    if (container.running) {
      if (!force) {
        const reason =
          container.record.state.status === 'paused'
            ? 'container is paused and must be unpaused first'
            : 'container is running: stop the container before removing or force remove';
        throw conflict(`cannot remove container ${JSON.stringify(name)}: ${reason}`);
      }
      const autoRemoved = container.record.hostConfig.AutoRemove === true ? container.wait('removed') : undefined;
      await killContainer(services, container, '').catch((error: unknown) => {
        if (container.running) throw error;
      });
      await autoRemoved;
    }
    await container.changes.run(() => removeContainer(services, container, { volumes }));
  } finally {
    container.removing = false;
  }
}

/** Removes a container that does not run; the caller holds its mutex. Idempotent. */
export async function removeContainer(services: ContainerServices, container: Container, { volumes }: { volumes: boolean }): Promise<void> {
  const { record } = container;
  if (services.registry.byId(record.id) !== container) return;
  cancelRestart(container);
  container.removing = true;
  const result = { exitCode: record.state.exitCode };
  try {
    // The record first: what is left of a container without one is cleared away at the next start.
    await services.records.remove(record.id);
    await services.layers.remove(record.id);
    rmSync(join(services.runRoot, record.id), { recursive: true, force: true });
    if (volumes) await removeAnonymousVolumes(services, container);
  } catch (error) {
    container.announceRemoval({ ...result, error: (error as Error).message });
    throw internal(`cannot remove container ${JSON.stringify(record.name)}: ${(error as Error).message}`, error);
  }
  services.registry.remove(container);
  containerEvent(services, container, 'destroy');
  container.output.end();
  container.announceRemoval(result);
}

async function removeAnonymousVolumes(services: ContainerServices, container: Container): Promise<void> {
  const users = new Set(
    services.registry
      .list()
      .filter((other) => other !== container)
      .flatMap((other) => other.record.mounts.map(({ Name }) => Name)),
  );
  for (const { Type, Name } of container.record.mounts) {
    if (Type !== 'volume' || Name === undefined || !/^[0-9a-f]{64}$/.test(Name) || users.has(Name)) continue;
    await services.volumes.remove(Name).catch((error: Error) => services.log(`volume ${Name}: ${error.message}`));
  }
}
