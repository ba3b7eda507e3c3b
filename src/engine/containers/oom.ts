import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { cgroupFolder } from './cgroup.ts';
import type { Container } from './container.ts';
import { type ContainerServices, containerEvent } from './services.ts';

/**
 * Notes when the kernel ends a process of a container for want of memory. Only where there is a limit: the kernel tells of a
 * change of `memory.events`, and the file is gone with the container, so it cannot be read afterwards. Returns the end of it.
 */
export function watchMemory(services: ContainerServices, container: Container): () => void {
  const { record } = container;
  if ((record.hostConfig.Memory ?? 0) <= 0) return () => undefined;
  let watcher: FSWatcher | undefined;
  try {
    const path = join(cgroupFolder(record.state.pid), 'memory.events');
    const look = (): void => {
      if (record.state.oomKilled || killed(path) === 0) return;
      record.state.oomKilled = true;
      containerEvent(services, container, 'oom');
    };
    watcher = watch(path, { persistent: false }, look);
    watcher.on('error', () => undefined);
    look();
  } catch {
    // It has ended already, or this host's hierarchy has no memory controller.
  }
  return () => watcher?.close();
}

function killed(path: string): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
