/** Following an engine that comes, goes and says what it likes, over real sockets. */
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { relay } from '../../../src/core/relay.ts';
import { followPublishedPorts, type PublishedPort } from '../../../src/forward/index.ts';
import { until } from '../supervisor/tiny-vm.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const listen = (server: Server, port = 0) =>
  new Promise<number>((resolve) => server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

/** An engine's two answers; `tell` sends an event, `stop` cuts all connections. */
async function engine(state: { ports: number[] }, port = 0) {
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/events')) {
      const Ports = state.ports.map((PublicPort) => ({ IP: '0.0.0.0', PublicPort, Type: 'tcp' }));
      return void response.end(JSON.stringify([{ Ports }]));
    }
    response.writeHead(200).flushHeaders();
    streams.add(response);
  });
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  ends.push(stop);
  return { port: await listen(server, port), stop, tell: () => streams.forEach((stream) => void stream.write('{}\n')) };
}

function follow(port: () => number) {
  const abort = new AbortController();
  const seen: { ports: number[]; trouble: string | undefined; dials: number } = { ports: [], trouble: 'not yet', dials: 0 };
  const dial = () => {
    seen.dials += 1;
    return new Promise<Socket>((resolve, reject) => {
      const socket = connect(port(), '127.0.0.1', () => resolve(socket)).once('error', reject);
    });
  };
  const onPorts = (ports: readonly PublishedPort[]) => {
    seen.ports = ports.map((found) => found.port);
  };
  const onTrouble = (error: Error | undefined) => {
    seen.trouble = error?.message;
  };
  const done = followPublishedPorts({ dial, onPorts, onTrouble, signal: abort.signal });
  ends.unshift(async () => {
    abort.abort();
    await done;
  });
  return seen;
}

describe('following published ports', () => {
  it('begins with those there are, and sees each change, over two connections', async () => {
    const state = { ports: [80] };
    const { port, tell } = await engine(state);
    const seen = follow(() => port);
    await until(() => seen.ports.join() === '80');
    for (const ports of [[80, 81], [], [90]]) {
      state.ports = ports;
      tell();
      await until(() => seen.ports.join() === ports.join());
    }
    expect(seen).toMatchObject({ trouble: undefined, dials: 2 });
  });

  it('keeps what it knew while the engine is away, says so, and finds it again', async () => {
    const first = await engine({ ports: [80] });
    const seen = follow(() => first.port);
    await until(() => seen.ports.length === 1);
    await first.stop();
    await until(() => seen.trouble !== undefined);
    expect(seen.ports).toEqual([80]);
    await engine({ ports: [81] }, first.port);
    await until(() => seen.ports.join() === '81');
    expect(seen.trouble).toBeUndefined();
  });

  it('does not hurry an engine that refuses or talks nonsense', async () => {
    const server = createServer((_request, response) => void response.writeHead(500).end());
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    const port = await listen(server);
    const seen = follow(() => port);
    await until(() => seen.trouble?.includes('expected status 200, found 500') ?? false);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(seen.dials).toBeLessThan(6);
  });
});

describe('a relay', () => {
  it('keeps each direction open until its own end, and loses nothing', async () => {
    const echo = createTcpServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    const target = await listen(echo);
    const through = createTcpServer({ allowHalfOpen: true }, (from) =>
      relay(from, connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })),
    );
    const port = await listen(through);
    ends.push(
      () => echo.close(),
      () => through.close(),
    );
    const text = 'x'.repeat(3 << 20);
    const answer = await new Promise<string>((resolve, reject) => {
      let said = '';
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('utf8');
      socket.on('data', (more: string) => {
        said += more;
      });
      socket.once('error', reject).once('end', () => resolve(said));
      socket.end(text);
    });
    expect(answer === text).toBe(true);
  });

  it('ends the one when the other breaks', async () => {
    const cutter = createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const target = await listen(cutter);
    const through = createTcpServer({ allowHalfOpen: true }, (from) =>
      relay(from, connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })),
    );
    const port = await listen(through);
    ends.push(
      () => cutter.close(),
      () => through.close(),
    );
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('x'));
      socket.on('error', () => {}).once('close', () => resolve());
    });
  });
});
