import type { Exec, ExecRequest, ExecSessions } from '../containers/exec.ts';
import type { ContainerServices } from '../containers/services.ts';
import { badRequest } from '../errors.ts';
import type { ApiAnswer, ApiRequest, Route } from '../http/route.ts';
import type { OutputSink } from '../runtime/task.ts';
import { drained } from './attach.ts';
import { DetachKeys, parseDetachKeys } from './detach-keys.ts';
import { frame, rawStream, streamType } from './frames.ts';
import { closeOnHangUp } from './hang-up.ts';

/** The exec part of the Engine API (v1.24 to v1.51). */
export function execRoutes(services: ContainerServices, sessions: ExecSessions): Route[] {
  return [
    {
      method: 'POST',
      path: '/containers/:name/exec',
      handle: async (request, answer) => {
        const body = (await request.json()) as ExecRequest;
        if (typeof body.Cmd === 'string') body.Cmd = [body.Cmd];
        if ((body.Cmd ?? []).length === 0) throw badRequest('No exec command specified');
        if (request.version < 42) delete body.ConsoleSize;
        const name = request.params.name ?? '';
        const exec = sessions.create(services, services.registry.get(name), body, name);
        answer.json(201, { Id: exec.id });
      },
    },
    { method: 'POST', path: '/exec/:id/start', handle: (request, answer) => start(services, sessions, request, answer) },
    {
      method: 'POST',
      path: '/exec/:id/resize',
      handle: async (request, answer) => {
        const { rows, columns } = terminalSize(request);
        const exec = sessions.get(services, request.params.id ?? '');
        await sessions.whenStarted(exec);
        exec.task?.resize(rows, columns);
        answer.empty(200);
      },
    },
    {
      method: 'GET',
      path: '/exec/:id/json',
      handle: (request, answer) => answer.json(200, inspect(sessions.get(services, request.params.id ?? ''))),
    },
  ];
}

/** `h` and `w`. Throws 400 with dockerd's words. */
export function terminalSize({ query }: ApiRequest): { rows: number; columns: number } {
  const read = (name: 'h' | 'w', word: string): number => {
    const text = query.string(name);
    if (/^\d+$/.test(text)) return Number(text);
    throw badRequest(`invalid resize ${word} ${JSON.stringify(text)}: invalid syntax`);
  };
  return { rows: read('h', 'height'), columns: read('w', 'width') };
}

async function start(services: ContainerServices, sessions: ExecSessions, request: ApiRequest, answer: ApiAnswer): Promise<void> {
  const body = (await request.json()) as { Detach?: boolean; Tty?: boolean; ConsoleSize?: [number, number] | null };
  const exec = sessions.get(services, request.params.id ?? '');
  sessions.checkStartable(exec);
  const size = request.version >= 42 && body.Tty === true ? (body.ConsoleSize ?? undefined) : undefined;
  if (body.Detach === true) {
    await sessions.start(services, exec, () => undefined, size);
    answer.empty(200);
    return;
  }
  const tty = body.Tty === true;
  const socket = answer.hijack(answer.wantsUpgrade ? streamType(tty, request.version) : rawStream);
  closeOnHangUp(socket);
  const shown = { stdout: exec.request.AttachStdout === true, stderr: exec.request.AttachStderr === true };
  const sink: OutputSink = (stream, data) => {
    if (!shown[stream] || socket.destroyed) return undefined;
    return socket.write(tty ? data : frame(stream, data)) ? undefined : drained(socket);
  };
  try {
    const task = await sessions.start(services, exec, sink, size);
    if (exec.request.AttachStdin === true) {
      const keys = new DetachKeys(parseDetachKeys(exec.request.DetachKeys ?? ''));
      socket.on('data', (data: Buffer) => {
        const { pass, detach } = tty ? keys.take(data) : { pass: data, detach: false };
        socket.pause();
        void task.write(pass).then(() => (detach ? socket.end() : socket.resume()));
      });
      socket.once('end', () => task.endInput());
    }
    socket.resume();
    await task.exited;
  } catch (error) {
    const line = Buffer.from(`${(error as Error).message}\r\n`);
    socket.write(tty ? line : frame('stdout', line));
  }
  socket.end();
  socket.resume();
}

function inspect(exec: Exec): unknown {
  const { request } = exec;
  const [entrypoint = '', ...args] = request.Cmd ?? [];
  return {
    ID: exec.id,
    Running: exec.running,
    ExitCode: exec.exitCode,
    ProcessConfig: {
      tty: request.Tty ?? false,
      entrypoint,
      arguments: args,
      privileged: request.Privileged ?? false,
      ...(request.User ? { user: request.User } : {}),
    },
    OpenStdin: request.AttachStdin ?? false,
    OpenStderr: request.AttachStderr ?? false,
    OpenStdout: request.AttachStdout ?? false,
    CanRemove: false,
    ContainerID: exec.container.id,
    DetachKeys: request.DetachKeys ? parseDetachKeys(request.DetachKeys).toString('base64') : '',
    Pid: exec.pid,
  };
}
