import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { badRequest, conflict, EngineError, notFound } from '../errors.ts';
import { containerCapabilities, containerEnvironment, type OciSpec, overrideEnvironment, resolveUser } from '../runtime/spec/index.ts';
import { startFailure } from '../runtime/start-error.ts';
import { makeRunDirectory, type OutputSink, Task } from '../runtime/task.ts';
import type { Container } from './container.ts';
import { type ContainerServices, containerEvent } from './services.ts';

/** Body of `POST /containers/{id}/exec` (v1.51 ExecConfig). */
export interface ExecRequest {
  Cmd?: string[];
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  Tty?: boolean;
  Env?: string[];
  User?: string;
  WorkingDir?: string;
  Privileged?: boolean;
  DetachKeys?: string;
  ConsoleSize?: [number, number] | null;
}

export interface Exec {
  readonly id: string;
  readonly container: Container;
  readonly request: ExecRequest;
  running: boolean;
  exitCode: number | null;
  pid: number;
  task: Task | undefined;
  /** Resolves when the task is there. */
  readonly started: PromiseWithResolvers<void>;
}

/** All execs of the engine's life; gone after a restart, as dockerd's. */
export class ExecSessions {
  readonly #byId = new Map<string, Exec>();

  /** Throws 404, also once its container is gone. */
  get(services: ContainerServices, id: string): Exec {
    const exec = this.#byId.get(id);
    if (exec === undefined || services.registry.byId(exec.container.id) === undefined) throw notFound(`No such exec instance: ${id}`);
    return exec;
  }

  /** Throws 400 and 409. */
  create(services: ContainerServices, container: Container, request: ExecRequest, name: string): Exec {
    if ((request.Cmd ?? []).length === 0) throw badRequest('No exec command specified');
    checkActive(container, name);
    if (request.User) findUser(readSpec(services, container).root.path, request.User, container.record.hostConfig.GroupAdd ?? []);
    const id = randomBytes(32).toString('hex');
    const exec: Exec = {
      id,
      container,
      request,
      running: false,
      exitCode: null,
      pid: 0,
      task: undefined,
      started: Promise.withResolvers(),
    };
    this.#byId.set(id, exec);
    container.execIds.add(id);
    containerEvent(services, container, `exec_create: ${(request.Cmd ?? []).join(' ')}`, { execID: id });
    return exec;
  }

  /** The same checks as a start makes, before the connection leaves HTTP. */
  checkStartable(exec: Exec): void {
    checkActive(exec.container, exec.container.id);
  }

  /**
   * Runs it. Resolves when the process runs; its `task.exited` tells the end. Throws the start's failure, which has set the
   * exit code.
   */
  async start(services: ContainerServices, exec: Exec, sink: OutputSink, consoleSize: [number, number] | undefined): Promise<Task> {
    const { container, request } = exec;
    if (exec.exitCode !== null) throw conflict(`exec command ${exec.id} has already run`);
    if (exec.running) throw conflict(`exec command ${exec.id} is already running`);
    exec.running = true;
    containerEvent(services, container, `exec_start: ${(request.Cmd ?? []).join(' ')}`, { execID: exec.id });
    const directory = join(services.runRoot, exec.id);
    try {
      makeRunDirectory(directory, { 'process.json': JSON.stringify(this.#process(services, exec, consoleSize)) });
      const task = await Task.start(services.launcher, {
        launch: {
          kind: 'exec',
          directory: exec.id,
          containerId: container.id,
          stdin: request.AttachStdin === true ? 'once' : 'none',
          tty: request.Tty === true,
        },
        directory,
        sink,
      });
      exec.task = task;
      exec.pid = task.pid;
      exec.started.resolve();
      void task.exited.then(({ code }) => {
        exec.running = false;
        exec.exitCode = code;
        exec.task = undefined;
        container.execIds.delete(exec.id);
        task.dispose();
        containerEvent(services, container, 'exec_die', { execID: exec.id, exitCode: String(code) });
        this.#forgetLater(exec);
      });
      return task;
    } catch (cause) {
      const { error, exitCode } = startFailure(cause, 'exec', request.Cmd?.[0] ?? '');
      exec.running = false;
      exec.exitCode = exitCode === 128 ? 126 : exitCode;
      container.execIds.delete(exec.id);
      this.#forgetLater(exec);
      throw error;
    }
  }

  /** For resize. Throws 500 when it does not start within ten seconds, as dockerd. */
  async whenStarted(exec: Exec): Promise<void> {
    const late = new AbortController();
    const timeout = setTimeout(10_000, 'late', { signal: late.signal }).catch(() => 'done');
    const result = await Promise.race([exec.started.promise, timeout]);
    late.abort();
    if (result === 'late') throw new EngineError(500, 'timeout waiting for exec session ready');
  }

  /** dockerd clears dead execs away after five minutes. */
  #forgetLater(exec: Exec): void {
    globalThis.setTimeout(() => this.#byId.delete(exec.id), 5 * 60_000).unref();
  }

  #process(services: ContainerServices, exec: Exec, consoleSize: [number, number] | undefined): OciSpec['process'] {
    const { container, request } = exec;
    const { config, hostConfig } = container.record;
    const spec = readSpec(services, container);
    const env = containerEnvironment({ hostname: config.Hostname ?? '', tty: request.Tty === true, env: config.Env ?? [] });
    const process: OciSpec['process'] = {
      ...spec.process,
      args: request.Cmd ?? [],
      env: overrideEnvironment(env, request.Env ?? []),
      cwd: request.WorkingDir || config.WorkingDir || '/',
      terminal: request.Tty === true,
    };
    if (request.User) process.user = findUser(spec.root.path, request.User, hostConfig.GroupAdd ?? []);
    if (request.Privileged === true) {
      const all = containerCapabilities({ privileged: true });
      process.capabilities = { bounding: all, effective: all, permitted: all };
    }
    const [height, width] = consoleSize ?? request.ConsoleSize ?? [0, 0];
    delete process.consoleSize;
    if (process.terminal && height > 0) process.consoleSize = { height, width };
    return process;
  }
}

function findUser(rootfs: string, name: string, groups: readonly string[]): OciSpec['process']['user'] {
  try {
    const { uid, gid, additionalGids } = resolveUser(rootfs, name, groups);
    return { uid, gid, additionalGids };
  } catch (error) {
    throw error instanceof EngineError ? new EngineError(400, error.message, { cause: error }) : error;
  }
}

/** What the container was started with. */
function readSpec(services: ContainerServices, container: Container): OciSpec {
  return JSON.parse(readFileSync(join(services.runRoot, container.id, 'config.json'), 'utf8')) as OciSpec;
}

function checkActive(container: Container, name: string): void {
  const { status } = container.record.state;
  if (status === 'paused') throw conflict(`Container ${name} is paused, unpause the container before exec`);
  if (status === 'restarting') throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
  if (!container.running) throw conflict(`container ${container.id} is not running`);
}
