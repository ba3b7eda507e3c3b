import { randomBytes, randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunningEngine, until } from './running-engine.ts';

let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
}, 300_000);

afterAll(() => engine?.stop());

const methods = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'BREW', '', 'get', '\0'];
const paths = [
  '/',
  '/v1.51/containers/json',
  '/v1.51/containers/create',
  '/v9.9/_ping',
  '*',
  '',
  '//',
  '/../..',
  '/%zz',
  '/containers/%00/json',
  `/${'x'.repeat(4000)}`,
  '/images/a%2fb/json',
  '/exec/x/start',
  '/build?x=%',
];
const headers = [
  'Host: d',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Content-Length: 5\r\nContent-Length: 6',
  'Transfer-Encoding: chunked\r\nContent-Length: 3',
  'Transfer-Encoding: odd',
  'Upgrade: tcp\r\nConnection: Upgrade',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'X: \u0001',
  'no colon',
  ': empty',
  `Long: ${'y'.repeat(20_000)}`,
  'Content-Type: application/json',
  'Content-Type: ;;;',
  'X-Registry-Auth: %%%',
  'Connection: close',
];
const bodies = [
  '',
  '{',
  '[]',
  'null',
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '{"Image":{}}',
  '{"Cmd":[null]}',
  '\u0000\u0000',
  `{"a":${'['.repeat(2000)}`,
];

const pick = <T>(list: readonly T[]): T => list[randomInt(list.length)] as T;

/** A request that breaks the rules somewhere, or is no request at all. */
function malformed(): Buffer {
  if (randomInt(5) === 0) return randomBytes(randomInt(1, 400));
  const lines = [
    `${pick(methods)} ${pick(paths)} HTTP/${pick(['1.1', '1.0', '2.0', '9', 'x'])}`,
    ...Array.from({ length: randomInt(4) }, () => pick(headers)),
  ];
  return Buffer.from(`${lines.join(pick(['\r\n', '\r\n', '\n']))}\r\n\r\n${pick(bodies)}`);
}

async function descriptors(): Promise<number> {
  return (await readdir(`/proc/${await engine.engine.sandbox.daemon()}/fd`)).length;
}

/** The count once nothing has changed for a second: the engine makes network namespaces ahead in the background. */
async function steadyDescriptors(): Promise<number> {
  let [count, since] = [await descriptors(), Date.now()];
  await until(async () => {
    const now = await descriptors();
    if (now !== count) [count, since] = [now, Date.now()];
    return Date.now() - since > 1000;
  }, 'a steady number of descriptors');
  return count;
}

/** Sends, and hangs up when something came back or after a moment. */
async function throwAt(data: Buffer): Promise<void> {
  const socket = await engine.connect();
  await new Promise<void>((done) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.destroy());
    socket.once('close', () => done());
    socket.write(data);
    setTimeout(() => socket.destroy(), 30);
  });
}

async function settled(before: number): Promise<void> {
  await until(async () => (await descriptors()) <= before, `descriptors to be back at ${before}`);
  expect((await engine.call({ path: '/_ping' })).body.toString()).toBe('OK');
}

test('1,000 malformed requests leave the engine as it was', async () => {
  const pid = await engine.engine.sandbox.daemon();
  const before = await steadyDescriptors();
  for (let batch = 0; batch < 50; batch++) await Promise.all(Array.from({ length: 20 }, () => throwAt(malformed())));
  await settled(before);
  expect(await engine.engine.sandbox.daemon()).toBe(pid);
});

test('200 connections cut in the middle leave the engine as it was', async () => {
  const id = await engine.run({ Cmd: ['sh', '-c', 'while :; do echo line; sleep 0.01; done'], OpenStdin: true });
  const silent = await engine.run({ Cmd: ['sleep', '1000'], OpenStdin: true });
  const before = await steadyDescriptors();
  const json = JSON.stringify({ Cmd: ['cat'], AttachStdin: true, AttachStdout: true });
  const calls = [
    `POST /v1.51/containers/${id}/attach?stream=1&stdout=1&stdin=1 HTTP/1.1\r\nHost: d\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n`,
    `POST /v1.51/containers/${silent}/attach?stream=1&stdout=1&stdin=1 HTTP/1.1\r\nHost: d\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n`,
    `POST /v1.51/containers/${silent}/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: d\r\n\r\n`,
    `POST /v1.51/containers/${id}/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: d\r\n\r\n`,
    `GET /v1.51/containers/${id}/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: d\r\n\r\n`,
    `GET /v1.51/events HTTP/1.1\r\nHost: d\r\n\r\n`,
    `POST /v1.51/containers/${id}/wait HTTP/1.1\r\nHost: d\r\n\r\n`,
    `POST /v1.51/containers/${id}/exec HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json.slice(0, 9)}`,
    'POST /v1.51/images/load HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n400\r\nxxxx',
    'POST /v1.51/containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"Image":',
  ];
  for (let batch = 0; batch < 20; batch++) {
    await Promise.all(
      Array.from({ length: 10 }, async (_unused, index) => {
        const socket = await engine.connect();
        socket.on('error', () => undefined);
        socket.resume();
        socket.write(calls[(batch * 10 + index) % calls.length] ?? '');
        await new Promise((done) => setTimeout(done, randomInt(40)));
        socket.destroy();
      }),
    );
  }
  await settled(before);
  expect((await engine.state(id)).State.Running).toBe(true);
  for (const one of [id, silent]) expect((await engine.call({ method: 'DELETE', path: `/containers/${one}?force=1` })).status).toBe(204);
});
