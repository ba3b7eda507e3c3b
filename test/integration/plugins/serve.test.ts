import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import { openServedMachine } from '../../../src/machine/served-machine.ts';
import { GobDecoder, type GobInterface, type GobStruct, type GobValue } from '../../../src/plugins/go/gob/index.ts';
import { type ServedDriver, servePlugin } from '../../../src/plugins/go/serve.ts';
import { driverLoader } from '../../../src/plugins/index.ts';
import { temporaryFolder } from '../../support/temporary.ts';

type Exchange = readonly (readonly ['C' | 'S', string])[];
const exchanges: Record<string, Exchange> = JSON.parse(
  readFileSync(new URL('../../data/docker-machine/exchanges.json', import.meta.url), 'utf8'),
);

async function qemu(storePath: string): Promise<ServedDriver> {
  const platform = { ...thisPlatform(), env: { ...thisPlatform().env, USER: 'tester' } };
  const host = { platform, runner: processRunner(silentLogger), log: silentLogger, clock: systemClock };
  const loadDriver = driverLoader({ ...host, atEnd: () => {} });
  const definition = await loadDriver('qemu', { flags: true });
  const options = { ...host, storePath, loadDriver, signal: new AbortController().signal };
  return { name: 'tsmachine', flags: definition.flags, open: ({ name }, state) => openServedMachine(options, definition, name, state) };
}

async function serving(served: ServedDriver, clock: Clock = systemClock) {
  const address = Promise.withResolvers<string>();
  const code = servePlugin(served, { clock, signal: new AbortController().signal, say: address.resolve });
  const [host, port] = (await address.promise).split(':');
  expect(host).toBe('127.0.0.1');
  return { code, port: Number(port) };
}

/** Says what docker-machine said; gives what was answered each time. */
async function replay(exchange: Exchange, served: ServedDriver): Promise<{ answers: Buffer[]; expected: Buffer[]; code: Promise<number> }> {
  const { port, code } = await serving(served);
  const socket = connect(port, '127.0.0.1');
  const answers: Buffer[] = [];
  const expected = exchange.filter(([who]) => who === 'S').map(([, bytes]) => Buffer.from(bytes, 'hex'));
  for (const [who, bytes] of exchange) {
    if (who === 'C') socket.write(Buffer.from(bytes, 'hex'));
    else answers.push((await once(socket, 'data'))[0] as Buffer);
  }
  socket.end();
  return { answers, expected, code };
}

const decoded = (answers: readonly Buffer[]) => new GobDecoder().push(Buffer.concat(answers.slice(1))); // behind the line of HTTP

describe('what docker-machine says to docker-machine-driver-tsmachine', () => {
  it.each(['ls', 'inspect', 'rm'])('%s of a machine that does not run is answered byte for byte', async (name) => {
    const { answers, expected, code } = await replay(exchanges[name] ?? [], await qemu(temporaryFolder()));
    expect(answers.map((answer) => answer.toString('hex'))).toEqual(expected.map((answer) => answer.toString('hex')));
    expect(await code).toBe(0);
  });

  it('create is told the flags, and what is wrong with one', async () => {
    const served = await qemu(temporaryFolder());
    const { answers, expected } = await replay(exchanges.create ?? [], served);
    const values = decoded(answers);
    const flagsAt = values.findIndex((value) => (value as GobStruct).ServiceMethod === 'RPCServerDriver.GetCreateFlags') + 1;
    const names = (flags: GobValue | undefined) => (flags as GobInterface[]).map(({ name, value }) => [name, (value as GobStruct).Name]);
    const known = {
      string: '*mcnflag.StringFlag',
      int: '*mcnflag.IntFlag',
      bool: '*mcnflag.BoolFlag',
      strings: '*mcnflag.StringSliceFlag',
    };
    expect(names(values[flagsAt])).toEqual(served.flags.map(({ name, type }) => [known[type], name]));
    const others = (list: GobValue[]) => list.filter((_, at) => at !== flagsAt);
    expect(others(values)).toEqual(others(decoded(expected)));
    expect((values.at(-2) as GobStruct).Error).toMatch(/^--qemu-memory: expected a whole number from 512 to \d+, found 100$/);
  });
});

describe('a served driver', () => {
  const served: ServedDriver = {
    name: 'x',
    flags: [],
    open: async () => {
      throw new Error('not asked for');
    },
  };

  it('ends when nobody says anything', async () => {
    const { code } = await serving(served, { now: Date.now, sleep: (_, signal) => systemClock.sleep(20, signal) });
    expect(await code).toBe(1);
  });

  it('cuts off who says something else, and serves the next', async () => {
    const { port, code } = await serving(served);
    for (const words of ['GET / HTTP/1.1\r\n\r\n', 'CONNECT /_goRPC_ HTTP/1.0\n\n\xf7garbage']) {
      const stranger = connect(port, '127.0.0.1', () => void stranger.write(words, 'latin1'));
      stranger.resume();
      await once(stranger, 'close');
    }
    const [connected, , version] = exchanges.rm ?? [];
    const close = exchanges.rm?.at(-2);
    const socket = connect(port, '127.0.0.1');
    for (const [, bytes] of [connected, version, close].filter((said) => said !== undefined)) socket.write(Buffer.from(bytes, 'hex'));
    socket.resume();
    expect(await code).toBe(0);
  });
});
