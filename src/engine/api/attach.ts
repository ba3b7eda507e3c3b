import type { Duplex } from 'node:stream';
import type { Container } from '../containers/container.ts';
import { type ContainerServices, containerEvent } from '../containers/services.ts';
import { conflict, EngineError } from '../errors.ts';
import type { ApiAnswer, ApiRequest } from '../http/route.ts';
import { readLog } from '../runtime/logs/log-reader.ts';
import type { StreamName } from '../runtime/task.ts';
import { DetachKeys, parseDetachKeys } from './detach-keys.ts';
import { frame, rawStream, streamType } from './frames.ts';
import { closeOnHangUp } from './hang-up.ts';
import { logPaths } from './logs.ts';

/** `POST /containers/{id}/attach` (v1.24 to v1.51). Errors come as plain text on the raw connection, as dockerd's do. */
export async function attachContainer(services: ContainerServices, request: ApiRequest, answer: ApiAnswer): Promise<void> {
  const { query, params } = request;
  let container: Container;
  let keys: DetachKeys;
  try {
    keys = new DetachKeys(parseDetachKeys(query.string('detachKeys')));
    container = services.registry.get(params.name ?? '');
    const { status } = container.record.state;
    if (status === 'paused') throw conflict(`container ${params.name} is paused, unpause the container before attach`);
    if (status === 'restarting') throw conflict(`container ${params.name} is restarting, wait until the container is running`);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    answer.hijackedError(error.status, rawStream, error.message);
    return;
  }
  const wanted = { stdin: query.boolean('stdin'), stdout: query.boolean('stdout'), stderr: query.boolean('stderr') };
  const { tty } = container;
  const socket = answer.hijack(answer.wantsUpgrade ? streamType(tty, request.version) : rawStream, { bare: true });
  const send = (stream: StreamName, data: Buffer): boolean => !wanted[stream] || socket.write(tty ? data : frame(stream, data));
  if (query.boolean('logs')) {
    for await (const entries of readLog(logPaths(services, container), {}))
      for (const entry of entries) send(entry.stream, Buffer.from(entry.log));
  }
  if (!query.boolean('stream')) {
    socket.end();
    return;
  }
  containerEvent(services, container, 'attach');
  stream(services, container, socket, send, wanted.stdin ? keys : undefined);
}

/** Ties a connection to a container until one of them ends. `keys` undefined: no input wanted. */
function stream(
  services: ContainerServices,
  container: Container,
  socket: Duplex,
  send: (stream: StreamName, data: Buffer) => boolean,
  keys: DetachKeys | undefined,
): void {
  const leave = container.output.add({
    write: (name, data) => (send(name, data) || socket.destroyed ? undefined : drained(socket)),
    end: () => {
      socket.end();
      // Reads on to the client's own end, or the connection would stay.
      socket.resume();
    },
  });
  socket.once('close', leave);
  socket.on('error', () => socket.destroy());
  const takesInput = keys !== undefined && container.record.config.OpenStdin === true;
  closeOnHangUp(socket);
  if (!takesInput) {
    socket.resume();
    return;
  }
  void container.started().then(() => {
    socket.on('data', (data: Buffer) => {
      const { pass, detach } = container.tty ? keys.take(data) : { pass: data, detach: false };
      socket.pause();
      void (container.task?.write(pass) ?? Promise.resolve()).then(() => {
        if (!detach) return socket.resume();
        containerEvent(services, container, 'detach');
        leave();
        socket.end();
      });
    });
    socket.once('end', () => {
      if (container.record.config.StdinOnce === true && !container.tty) container.task?.endInput();
    });
    socket.resume();
  });
}

/** Resolves when the connection takes more or is gone. */
export function drained(socket: Duplex): Promise<void> {
  return new Promise((done) => {
    const finish = (): void => {
      socket.removeListener('drain', finish);
      socket.removeListener('close', finish);
      done();
    };
    socket.once('drain', finish);
    socket.once('close', finish);
  });
}
