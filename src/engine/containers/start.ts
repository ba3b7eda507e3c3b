import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conflict, EngineError, notFound } from '../errors.ts';
import { LogWriter, readLogLimits } from '../runtime/logs/log-writer.ts';
import { startFailure } from '../runtime/start-error.ts';
import { makeRunDirectory, Task, type TaskOptions } from '../runtime/task.ts';
import { timestamp } from './clock.ts';
import type { Container } from './container.ts';
import { makeWorkingDirectory } from './create.ts';
import { watchExit } from './exit.ts';
import { networkFiles } from './files.ts';
import { commandLine } from './merge-image.ts';
import { wantedPorts } from './ports.ts';
import { removeContainer } from './remove.ts';
import { type ContainerServices, containerEvent } from './services.ts';
import { containerSpec } from './spec.ts';

/** `POST /containers/{id}/start`. Throws 304 when it runs already, 409, 400 and 500 as dockerd. */
export function startContainer(services: ContainerServices, container: Container): Promise<void> {
  return container.changes.run(async () => {
    if (container.record.state.status === 'paused') throw conflict('cannot start a paused container, try unpause instead');
    if (container.running) throw new EngineError(304, 'container is already running');
    if (container.removing) throw conflict('container is marked for removal and cannot be started');
    await launch(services, container);
  });
}

/** Starts without asking about the state; the caller holds the container's mutex. */
export async function launch(services: ContainerServices, container: Container): Promise<void> {
  const { record } = container;
  // The unified cgroup hierarchy knows no such switch; dockerd finds out at the start.
  record.hostConfig.OomKillDisable = null;
  try {
    const [rootfs] = await Promise.all([services.layers.mount(record.id), connect(services, container)]);
    if (record.config.WorkingDir) makeWorkingDirectory(rootfs, record.config.WorkingDir);
    writeNetworkFiles(services, container);
    openLog(services, container);
    makeRunDirectory(join(services.runRoot, record.id), { 'config.json': JSON.stringify(containerSpec(services, container, rootfs)) });
    const task = await Task.start(services.launcher, taskOptions(services, container));
    container.task = task;
    record.state = { ...record.state, status: 'running', pid: task.pid, exitCode: 0, error: '', oomKilled: false, startedAt: timestamp() };
    record.stoppedByUser = false;
    const saved = services.records.save(record);
    // One that goes away by itself is not worth waiting for the disk; its end waits before it removes the record.
    container.saved = saved.catch((error: Error) => services.log(`container ${record.id}: state not saved: ${error.message}`));
    containerEvent(services, container, 'start');
    container.announceStart();
    watchExit(services, container, task, launch);
    if (record.hostConfig.AutoRemove !== true) await saved;
  } catch (error) {
    throw await undo(services, container, error);
  }
}

/** How this container's task is launched or taken over; also used after a restart of the engine. */
export function taskOptions(services: ContainerServices, container: Container): TaskOptions {
  const { record, output } = container;
  const { config } = record;
  return {
    launch: {
      kind: 'run',
      directory: record.id,
      containerId: record.id,
      stdin: config.OpenStdin !== true ? 'none' : config.StdinOnce === true ? 'once' : 'keep',
      tty: container.tty,
    },
    directory: join(services.runRoot, record.id),
    sink: (stream, data) => {
      container.log?.write(stream, data);
      return output.sink(stream, data);
    },
  };
}

export function openLog(services: ContainerServices, container: Container): void {
  const { Type: driver, Config: options } = container.record.hostConfig.LogConfig ?? {};
  if (driver === 'none') return;
  container.log = new LogWriter(services.records.logPath(container.id), readLogLimits(options ?? {}), timestamp);
}

async function connect(services: ContainerServices, container: Container): Promise<void> {
  const { record } = container;
  const { config, hostConfig } = record;
  const mode = hostConfig.NetworkMode ?? 'bridge';
  if (mode === 'host' || mode === 'none' || mode.startsWith('container:') || config.NetworkDisabled === true) return;
  if (mode !== 'bridge') throw notFound(`failed to set up container networking: network ${mode} not found`);
  const ports = wantedPorts(config, hostConfig, services.defaults.hostIp);
  record.endpoint = await services.bridge.connect({
    id: record.id,
    name: container.name,
    ports,
    ...(config.MacAddress ? { macAddress: config.MacAddress } : {}),
  });
}

function writeNetworkFiles(services: ContainerServices, container: Container): void {
  const { config, hostConfig, endpoint } = container.record;
  const files = networkFiles(config, hostConfig, endpoint, services.defaults.dns, services.bridge.gateway);
  const directory = services.records.directory(container.id);
  writeFileSync(join(directory, 'hostname'), files.hostname);
  writeFileSync(join(directory, 'hosts'), files.hosts);
  writeFileSync(join(directory, 'resolv.conf'), files.resolvConf);
}

async function undo(services: ContainerServices, container: Container, cause: unknown): Promise<EngineError> {
  const { record } = container;
  const { error, exitCode } = startFailure(cause, 'run', commandLine(record.config)[0] ?? '');
  container.log?.close();
  container.log = undefined;
  container.task = undefined;
  await Promise.allSettled([services.layers.unmount(record.id), services.bridge.disconnect(record.id)]);
  delete record.endpoint;
  record.state = { ...record.state, pid: 0, exitCode, error: error.message };
  container.output.end();
  await services.records
    .save(record)
    .catch((failure: Error) => services.log(`container ${record.id}: state not saved: ${failure.message}`));
  if (record.hostConfig.AutoRemove === true) await removeContainer(services, container, { volumes: true });
  return error;
}
