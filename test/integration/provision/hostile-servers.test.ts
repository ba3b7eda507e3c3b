/** `create -d generic` and `provision` of what is no sound SSH server: the reason at once, on two lines, and nothing is lost. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { genericMachine } from '../../support/generic-machine.ts';
import { ServerStore } from '../../support/server-store.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';

let sound: TestSshd;
let old: TestSshd;
let asking: TestSshd;
beforeAll(async () => {
  sound = await startSshd();
  old = await startSshd(['KexAlgorithms diffie-hellman-group14-sha1']);
  asking = await startSshd(['PasswordAuthentication yes', 'AuthenticationMethods password']);
});
afterAll(() => {
  for (const sshd of [sound, old, asking]) sshd?.stop();
});

const listening: Server[] = [];
afterEach(() => {
  for (const server of listening.splice(0)) server.close();
});
async function saying(what: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => what(socket.on('error', () => {}).resume()));
  listening.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

const NOT_SSH = /expected an SSH server, found something else \(.+\)\ncheck the address and the port\n$/;
const SERVERS: [what: string, port: () => Promise<number>, reason: RegExp][] = [
  ['random bytes', () => saying((socket) => socket.write(randomBytes(100_000))), NOT_SSH],
  ['a greeting without end', () => saying((socket) => socket.write('Welcome!\r\n'.repeat(100_000))), NOT_SSH],
  ['version 1', () => saying((socket) => socket.write('SSH-1.5-Old\r\n')), NOT_SSH],
  ['rubbish after the greeting', () => saying((socket) => socket.write(`SSH-2.0-x\r\n${'\xff'.repeat(5000)}`)), NOT_SSH],
  ['old algorithms', async () => old.port, /offers only diffie-hellman-group14-sha1\S*\n.*too old to be safe: bring it up to date\n$/],
  [
    'a wish for a password',
    async () => asking.port,
    /does not accept the key .*; it also takes: password\na password can be asked for on a terminal only\n$/,
  ],
];

describe.each(SERVERS)('%s', (_what, portOf, reason) => {
  it('fails create, which keeps the reason, and rm forgets it', async () => {
    const store = new ServerStore();
    const place = { host: '127.0.0.1', port: await portOf(), keyPath: sound.keyPath };
    const { code, stderr } = await store.run(store.createWords(place, 'm', 'root'));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(reason) });
    expect(stderr).toMatch(/^(First contact .*\n)?Error creating machine: Error detecting OS: .*\n.*\n$/);
    expect(JSON.parse(store.text('m', 'tsmachine.json'))).toMatchObject({
      phase: 'failed',
      error: { code: expect.stringMatching(/^SSH_(FAILED|DENIED)$/) },
    });
    expect(await store.must('ls', '-f', '{{.Name}} {{.State}}')).toBe('m Error\n');
    await store.must('rm', '-y', 'm');
  });

  it('fails provision, and the machine stays as it was', async () => {
    const store = new ServerStore();
    genericMachine(store.path, 'm', { ...sound, port: await portOf(), hostKeys: [] });
    const before = store.text('m', 'config.json');
    const { code, stderr } = await store.run(['provision', 'm']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(reason) });
    expect(stderr).toMatch(/^(First contact .*\n)?.*\n.*\n$/);
    expect(store.text('m', 'config.json')).toBe(before);
    expect(JSON.parse(store.text('m', 'tsmachine.json'))).toMatchObject({ phase: 'complete' });
  });
});
