/** Servers that take their time for ever: what waits has an end, the reason is told, and the same command again ends well. */
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type CuttingRelay, cuttingRelay } from '../support/cutting-relay.ts';
import { bootServer, type Server } from '../support/server.ts';
import { ServerStore } from '../support/server-store.ts';

let server: Server;
const ending: (() => void)[] = [];
beforeAll(async () => {
  server = await bootServer();
});
afterAll(async () => {
  for (const end of ending) end();
  await server?.dispose();
});

async function listening(taken: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).resume());
    taken(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  ending.push(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  return (listener.address() as { port: number }).port;
}

async function relayTo(port?: number): Promise<CuttingRelay> {
  const relay = await cuttingRelay(server.host, port);
  ending.push(() => relay.close());
  return relay;
}

const WAITED_FOR: [what: string, taken: (socket: Socket) => void, reason: RegExp][] = [
  ['says nothing', () => {}, /no answer within 30 s, waiting for the server's greeting/],
  ['stalls after its greeting', (socket) => socket.write('SSH-2.0-Stall\r\n'), /no answer within 30 s, waiting for the key exchange/],
  ['hangs up', (socket) => socket.destroy(), /Connection lost before handshake|ECONNRESET/],
];

describe.concurrent('a server', () => {
  for (const [what, taken, reason] of WAITED_FOR)
    it(`that ${what} is given up after five minutes`, async ({ expect }) => {
      const store = new ServerStore();
      const place = { host: '127.0.0.1', port: await listening(taken), keyPath: server.keyPath };
      const { code, stderr } = await store.run(store.createWords(place, 'm', 'root'));
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(reason) });
      expect(stderr).toMatch(
        /^Error creating machine: .*Too many retries waiting for SSH to be available.*\n.*run the same command again\n$/,
      );
      expect(JSON.parse(store.text('m', 'tsmachine.json'))).toMatchObject({ phase: 'failed' });
    });

  it('that stalls amid the installation is given up, and the same create then takes over its lock', async ({ expect }) => {
    const store = new ServerStore();
    const ssh = await relayTo(22);
    const engine = await relayTo();
    const place = { host: '127.0.0.1', port: ssh.port, keyPath: server.keyPath };
    const words = store.createWords(place, 'm', 'deploy', '--generic-engine-port', String(engine.port));
    const first = await store.run(words, (said) => void (said.includes('Installing Docker...') && ssh.stall()));
    expect(first.code).toBe(1);
    expect(first.stderr).toMatch(/\n?Error creating machine: .*\nrun the same command again: it goes on from there\n$/);
    const again = await store.run(words);
    expect(again, again.stdout + again.stderr).toMatchObject({ code: 0 });
    expect(await store.must('ls', '-f', '{{.State}} {{.DockerVersion}} {{.Error}}')).toMatch(/^Running v\d+\.\d+\S* \n$/);
    expect(await server.must('pgrep -xc dockerd; dpkg --audit')).toBe('1');
  });
});
