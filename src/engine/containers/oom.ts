import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { cgroupFolder } from './cgroup.ts';
import type { Container } from './container.ts';
import { type ContainerServices, containerEvent } from './services.ts';

const SIGKILL = 9;

/**
 * Notes when the kernel ends a process of a container for want of memory. Only where there is a limit: the kernel tells of a
 * change of `memory.events`, and the file is gone with the container, so it cannot be read afterwards. To be called at the
 * end with the exit code: a limit that was felt and SIGKILL from nobody is taken for it too, where the file went too soon.
 */
export function watchMemory(services: ContainerServices, container: Container): (exitCode: number) => void {
  const { record } = container;
  if ((record.hostConfig.Memory ?? 0) <= 0) return () => undefined;
  let watcher: FSWatcher | undefined;
  let felt = false;
  const note = (): void => {
    if (record.state.oomKilled) return;
    record.state.oomKilled = true;
    containerEvent(services, container, 'oom');
  };
  try {
    const path = join(cgroupFolder(record.state.pid), 'memory.events');
    watcher = watch(path, { persistent: false }, () => {
      felt = true;
      if (killed(path) > 0) note();
    });
    watcher.on('error', () => undefined);
    if (killed(path) > 0) note();
  } catch {
    // It has ended already, or this host's hierarchy has no memory controller.
  }
  return (exitCode) => {
    watcher?.close();
    if (felt && exitCode === 128 + SIGKILL && !record.stoppedByUser) note();
  };
}

function killed(path: string): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
