import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { frames } from '../../oracle/streams.ts';
import { alive, attachTerminal, RunningEngine, until } from './running-engine.ts';

let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
}, 300_000);

afterAll(() => engine?.stop());

const counter = 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.05; done';

async function lines(id: string): Promise<string[]> {
  const { body } = await engine.call({ path: `/containers/${id}/logs?stdout=1` });
  return frames(body).stdout.toString().trim().split('\n');
}

describe('a killed engine', () => {
  test('loses no line of a running container', async () => {
    const id = await engine.run({ Cmd: ['sh', '-c', counter] });
    const before = (await engine.state(id)).State.Pid;
    for (let round = 0; round < 3; round++) {
      const count = (await lines(id)).length;
      await until(async () => (await lines(id)).length > count + 3, 'lines');
      await engine.kill();
      await engine.restart();
    }
    const count = (await lines(id)).length;
    await until(async () => (await lines(id)).length > count + 3, 'lines');
    const found = await lines(id);
    expect(found).toEqual(found.map((_line, index) => String(index)));
    expect((await engine.state(id)).State).toMatchObject({ Running: true, Pid: before });
    await engine.call({ method: 'DELETE', path: `/containers/${id}?force=1` });
  });

  test('gives a terminal back to the next one', async () => {
    const id = await engine.run({ Cmd: ['sh'], Tty: true, OpenStdin: true });
    const first = await attachTerminal(engine, id);
    first.type('x=41\n');
    await until(() => first.shown().includes('x=41'), 'the echo');
    await engine.kill();
    await engine.restart();
    const second = await attachTerminal(engine, id);
    second.type('echo answer $((x+1))\n');
    await until(() => second.shown().includes('answer 42'), 'the answer');
    expect((await engine.call({ method: 'POST', path: `/containers/${id}/resize?h=33&w=77` })).status).toBe(200);
    second.type('stty size\n');
    await until(() => second.shown().includes('33 77'), 'the size');
    second.type('exit 6\n');
    await until(async () => (await engine.state(id)).State.Status === 'exited', 'the end');
    expect((await engine.state(id)).State.ExitCode).toBe(6);
    second.close();
    await engine.call({ method: 'DELETE', path: `/containers/${id}` });
  });

  test('leaves input open, and the last words and the exit code of what ended without it', async () => {
    const waits = await engine.run({ Cmd: ['sh', '-c', 'read x; echo got $x; exit 9'], OpenStdin: true });
    const ends = await engine.run({
      Cmd: ['sh', '-c', 'until [ -e /go ]; do sleep 0.05; done; echo last words; echo to stderr >&2; exit 5'],
    });
    const removed = await engine.run({ Cmd: ['sleep', '1000'], HostConfig: { AutoRemove: true } });
    const pids = await Promise.all([ends, removed].map(async (id) => (await engine.state(id)).State.Pid));
    await engine.kill();
    const inside = await engine.engine.sandbox.inside(
      'sh',
      '-c',
      `touch /proc/${pids[0]}/root/go; kill -9 ${pids[1]}; while [ -d /proc/${pids[0]} ]; do sleep 0.05; done`,
    );
    execFileSync(inside[0] ?? '', inside.slice(1));
    await engine.restart();
    await until(async () => (await engine.state(ends)).State.Status === 'exited', 'the end to be seen');
    expect((await engine.state(ends)).State.ExitCode).toBe(5);
    const log = frames((await engine.call({ path: `/containers/${ends}/logs?stdout=1&stderr=1` })).body);
    expect([log.stdout.toString(), log.stderr.toString()]).toEqual(['last words\n', 'to stderr\n']);
    await until(async () => (await engine.call({ path: `/containers/${removed}/json` })).status === 404, 'the removal');
    const socket = await engine.connect();
    socket.write(
      `POST /v1.51/containers/${waits}/attach?stream=1&stdin=1 HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
    );
    socket.write('word\n');
    await until(async () => {
      socket.write('word\n');
      return (await engine.state(waits)).State.ExitCode === 9;
    }, 'the input to be read');
    socket.destroy();
    for (const id of [waits, ends]) await engine.call({ method: 'DELETE', path: `/containers/${id}` });
  });

  test('is not kept from starting by a broken record, and leaves what it cannot read alone', async () => {
    const good = await engine.run({ Cmd: ['true'] }, 'good');
    await engine.call({ method: 'POST', path: `/containers/${good}/wait` });
    const broken = await engine.run({ Cmd: ['true'] }, 'broken');
    await engine.call({ method: 'POST', path: `/containers/${broken}/wait` });
    const root = `/proc/${await engine.engine.sandbox.daemon()}/root/var/lib/docker/containers`;
    await writeFile(join(root, broken, 'config.v2.json'), '{"formatVersion":1,"id":');
    await engine.kill();
    await engine.restart();
    expect((await engine.state(good)).State.Status).toBe('exited');
    expect((await engine.call({ path: `/containers/${broken}/json` })).status).toBe(404);
  });

  test('killed while containers are created and started, the next one has each whole or not at all', async () => {
    for (let round = 0; round < 8; round++) {
      const running = Array.from({ length: 4 }, () =>
        engine.run({ Cmd: ['sleep', '1000'], Labels: { round: String(round) } }).then(
          () => undefined,
          () => undefined,
        ),
      );
      await new Promise((done) => setTimeout(done, 15 * round));
      await engine.kill();
      await Promise.all(running);
      await engine.restart();
      const all = await engine.json<{ Id: string }[]>({ path: '/containers/json?all=1' });
      for (const { Id } of all) {
        const { State: state } = await engine.state(Id);
        expect(['created', 'running', 'exited']).toContain(state.Status);
        if (state.Status === 'running') expect(state.Pid).toBeGreaterThan(1);
        expect((await engine.call({ method: 'DELETE', path: `/containers/${Id}?force=1` })).status).toBe(204);
      }
    }
    const root = `/proc/${await engine.engine.sandbox.daemon()}/root`;
    const left = execFileSync(
      'sh',
      [
        '-c',
        `ls ${root}/var/lib/docker/containers ${root}/run/docker/run; grep -c overlay2/.*merged /proc/${await engine.engine.sandbox.daemon()}/mounts || :`,
      ],
      { encoding: 'utf8' },
    );
    expect(left.match(/[0-9a-f]{64}/g) ?? []).toEqual([expect.any(String)]);
    expect(left.trim().endsWith('\n0')).toBe(true);
  });
});

test('an engine that is stopped in order stops its containers', async () => {
  const id = await engine.run({ Cmd: ['sh', '-c', 'trap "exit 4" TERM; echo trapped; while :; do sleep 0.05; done'] });
  await until(async () => (await lines(id)).includes('trapped'), 'the trap to be set');
  const pid = await engine.engine.sandbox.daemon();
  process.kill(pid, 'SIGTERM');
  await until(() => !alive(pid), 'the engine to be gone');
  await engine.restart();
  expect((await engine.state(id)).State).toMatchObject({ Status: 'exited', ExitCode: 4 });
});
