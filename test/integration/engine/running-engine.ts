import { rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { archive } from '../../../scripts/content/image.ts';
import { busybox } from '../../../scripts/content/images.ts';
import { type Engine, startEngine } from '../../oracle/engines.ts';
import { type Answer, type Call, request } from '../../oracle/http.ts';
import { PROJECT } from '../../oracle/roots.ts';

/** Our engine in a sandbox of its own with a BusyBox image, and what a test does to it. */
export class RunningEngine {
  readonly engine: Engine;

  private constructor(engine: Engine) {
    this.engine = engine;
  }

  static async start(args: string[] = []): Promise<RunningEngine> {
    const running = new RunningEngine(await startEngine('ours', { args }));
    const image = await archive(await busybox(join(PROJECT, '.cache')), ['busybox:latest']);
    const loaded = await running.call({
      method: 'POST',
      path: '/images/load?quiet=1',
      headers: { 'Content-Type': 'application/x-tar' },
      body: image,
    });
    if (loaded.status !== 200) throw new Error(`image not loaded: ${loaded.body}`);
    return running;
  }

  call(call: Call): Promise<Answer> {
    return request(this.engine.socket, { ...call, path: `/v1.51${call.path}` });
  }

  async json<T>(call: Call): Promise<T> {
    return JSON.parse((await this.call(call)).body.toString()) as T;
  }

  /** Creates and starts; gives the id. */
  async run(body: object, name = ''): Promise<string> {
    const made = await this.call({ method: 'POST', path: `/containers/create?name=${name}`, body: { Image: 'busybox', ...body } });
    if (made.status !== 201) throw new Error(`not created: ${made.body}`);
    const { Id } = JSON.parse(made.body.toString()) as { Id: string };
    const started = await this.call({ method: 'POST', path: `/containers/${Id}/start` });
    if (started.status !== 204) throw new Error(`not started: ${started.body}`);
    return Id;
  }

  state(id: string): Promise<{ State: { Status: string; ExitCode: number; Pid: number; Running: boolean } }> {
    return this.json({ path: `/containers/${id}/json` });
  }

  /** SIGKILL: no chance to save anything. */
  async kill(): Promise<void> {
    const pid = await this.engine.sandbox.daemon();
    process.kill(pid, 'SIGKILL');
    await until(() => !alive(pid), 'the engine to be gone');
  }

  async restart(): Promise<void> {
    await rm(this.engine.socket, { force: true });
    await this.engine.sandbox.restart();
    await until(
      () =>
        this.call({ path: '/containers/json' }).then(
          (answer) => answer.status === 200,
          () => false,
        ),
      'the engine to answer',
    );
  }

  /** A raw connection, for attach and for what is no HTTP at all. */
  connect(): Promise<Socket> {
    return new Promise((done, failed) => {
      const socket = connect({ path: this.engine.socket, allowHalfOpen: true }, () => done(socket));
      socket.once('error', failed);
    });
  }

  stop(): Promise<void> {
    return this.engine.stop();
  }
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits for a condition; throws after a minute. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited a minute for ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** A terminal of a container on a raw connection: what was shown so far, and a way to type. */
export async function attachTerminal(
  engine: RunningEngine,
  id: string,
): Promise<{ shown: () => string; type: (text: string) => void; close: () => void }> {
  const socket = await engine.connect();
  let text = '';
  socket.on('data', (data) => {
    text += data.toString();
  });
  socket.write(
    `POST /v1.51/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
  );
  await until(() => text.includes('\r\n\r\n'), 'the upgrade');
  return {
    shown: () => text.slice(text.indexOf('\r\n\r\n') + 4),
    type: (line) => void socket.write(line),
    close: () => void socket.destroy(),
  };
}
