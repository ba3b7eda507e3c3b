/** One engine under observation: makes the calls of a scenario and writes down what came back, made comparable. */

import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { digest } from '../../scripts/content/image.ts';
import { type Answer, type Call, request } from './http.ts';
import { isRecent, Names, normalHeaders, normalText } from './normal.ts';
import { frames } from './streams.ts';

/** Leaves of one answer: `status`, `header.content-type`, `body.State.Status`, `stdout` … */
export type Observation = Record<string, string>;

export interface CliOptions {
  stdin?: string | Buffer;
  /** Sends stdin when this was printed: a terminal echoes what comes before its reader is ready in another place. */
  after?: string;
  /** Runs it on a terminal of its own (util-linux' script). */
  terminal?: boolean;
  env?: Record<string, string>;
}

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

export class Target {
  readonly observations = new Map<string, Observation>();
  readonly names = new Names();
  readonly version: string;
  readonly socket: string;
  readonly #docker: string;
  readonly #created: string[] = [];

  /** `version` as in `v1.41`; `docker` is the client program. */
  constructor(socket: string, version: string, docker: string) {
    this.socket = socket;
    this.version = version;
    this.#docker = docker;
  }

  /** 41 of `v1.41`. */
  get minor(): number {
    return Number(this.version.split('.')[1]);
  }

  /** A call whose answer is compared. The path gets the version in front. */
  async call(name: string, call: Call): Promise<Answer> {
    const answer = await this.quiet(call);
    this.note(name, this.#answerLeaves(answer));
    return answer;
  }

  /** A call that only prepares something. */
  quiet(call: Call): Promise<Answer> {
    return request(this.socket, { ...call, path: `/${this.version}${call.path}` });
  }

  /** A call with its path as it is, compared. */
  async raw(name: string, call: Call): Promise<Answer> {
    const answer = await request(this.socket, call);
    this.note(name, this.#answerLeaves(answer));
    return answer;
  }

  /** Creates a container, quietly, and gives its id a name. */
  async create(name: string, body: object): Promise<string> {
    const answer = await this.quiet({ method: 'POST', path: `/containers/create?name=${name}`, body });
    if (answer.status !== 201) throw new Error(`create ${name}: ${answer.status} ${answer.body}`);
    const { Id } = JSON.parse(answer.body.toString()) as { Id: string };
    this.names.add(Id, name);
    this.#created.push(Id);
    return Id;
  }

  /** Creates, starts and waits until it has ended. */
  async ran(name: string, body: object): Promise<string> {
    const id = await this.create(name, body);
    await this.quiet({ method: 'POST', path: `/containers/${id}/start` });
    await this.quiet({ method: 'POST', path: `/containers/${id}/wait` });
    await this.#listedAsExited(id);
    return id;
  }

  /** dockerd answers wait a moment before its list knows. */
  async #listedAsExited(id: string): Promise<void> {
    const path = `/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ id: [id], status: ['exited'] }))}`;
    for (let i = 0; i < 100 && (await this.quiet({ path })).body.toString().trim() === '[]'; i += 1) await sleep(20);
  }

  /** Creates and starts. */
  async running(name: string, body: object): Promise<string> {
    const id = await this.create(name, body);
    await this.quiet({ method: 'POST', path: `/containers/${id}/start` });
    return id;
  }

  /** Runs a scenario and removes its containers, also when it breaks off; an error is one more observation. */
  async run(scenario: (target: Target) => Promise<void>): Promise<void> {
    await scenario(this).catch((error: Error) => this.note('the scenario itself', { 'broke off': normalText(error.message, this.names) }));
    await this.remove(...this.#created);
  }

  async remove(...ids: string[]): Promise<void> {
    for (const id of ids) await this.quiet({ method: 'DELETE', path: `/containers/${id}?force=1&v=1` });
  }

  /** The docker client, its output and exit code compared. */
  async cli(name: string, args: string[], options: CliOptions = {}): Promise<CliResult> {
    const result = await this.docker(args, options);
    this.note(name, {
      exit: String(result.code),
      stdout: normalText(result.stdout, this.names),
      stderr: normalText(result.stderr, this.names),
    });
    return result;
  }

  /** The docker client, quietly. */
  docker(args: string[], options: CliOptions = {}): Promise<CliResult> {
    const words = options.terminal
      ? ['script', '-qefc', [this.#docker, ...args].map(quote).join(' '), '/dev/null']
      : [this.#docker, ...args];
    return new Promise((resolve, reject) => {
      const child = spawn(words[0] ?? '', words.slice(1), {
        env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm', DOCKER_HOST: `unix://${this.socket}`, ...options.env },
      });
      const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
      child.stdout.on('data', (chunk: Buffer) => {
        stdout.push(chunk);
        if (options.after !== undefined && Buffer.concat(stdout).includes(options.after)) child.stdin.end(options.stdin ?? '');
      });
      child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      child.stdin.on('error', () => undefined);
      child.on('error', reject);
      child.on('close', (code) =>
        resolve({ code: code ?? -1, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
      );
      if (options.after === undefined && (!options.terminal || options.stdin !== undefined)) child.stdin.end(options.stdin ?? '');
    });
  }

  note(name: string, leaves: Observation): void {
    if (this.observations.has(name)) throw new Error(`two observations are named ${name}`);
    const short = Object.entries(leaves).map(([leaf, value]) => [
      leaf,
      value.length > 8000 ? `${value.length} bytes, ${digest(Buffer.from(value))}` : value,
    ]);
    this.observations.set(name, Object.fromEntries(short) as Observation);
  }

  #answerLeaves(answer: Answer): Observation {
    return {
      ...(answer.cut ? { 'not-ended': 'true' } : {}),
      status: String(answer.status),
      ...normalHeaders(answer.headers),
      ...this.#bodyLeaves(answer),
    };
  }

  #bodyLeaves(answer: Answer): Observation {
    const type = answer.headers['content-type'] ?? '';
    if (type.includes('multiplexed-stream')) return this.#streamLeaves(answer.body);
    const text = answer.body.toString();
    if (!type.includes('json')) {
      return isFramed(answer.body) ? this.#streamLeaves(answer.body) : { body: normalText(text, this.names) };
    }
    const lines = text.split(/\r?\n/).filter(Boolean);
    const end = { 'body-end': JSON.stringify(/\s*$/.exec(text)?.[0]) };
    try {
      const parsed: unknown = lines.length === 1 ? JSON.parse(text) : lines.map((line) => JSON.parse(line) as unknown);
      return { ...flatten('body', parsed, this.names), ...end };
    } catch {
      return { body: normalText(text, this.names) };
    }
  }

  #streamLeaves(body: Buffer): Observation {
    const { stdin, stdout, stderr, rest } = frames(body);
    const leaves: Observation = { stdout: normalText(stdout, this.names), stderr: normalText(stderr, this.names) };
    if (stdin) leaves['stream-0'] = stdin;
    if (rest.length > 0) leaves.torn = rest.toString('hex');
    return leaves;
  }
}

function isFramed(body: Buffer): boolean {
  return body.length >= 8 && (body[0] ?? 9) <= 2 && body.readUIntBE(1, 3) === 0;
}

/** Paths to leaves; empty objects and arrays are leaves, so that `null`, `{}` and `[]` differ. */
export function flatten(prefix: string, value: unknown, names: Names): Observation {
  if (typeof value === 'string') return { [prefix]: JSON.stringify(normalText(value, names)) };
  if (typeof value === 'number') return { [prefix]: normalNumber(prefix, value) };
  if (value === null || typeof value !== 'object') return { [prefix]: JSON.stringify(value) };
  const entries = Object.entries(/\.(Mounts|Volumes|Ports)$/.test(prefix) && Array.isArray(value) ? value.toSorted(byName) : value);
  if (entries.length === 0) return { [prefix]: JSON.stringify(value) };
  return Object.assign({}, ...entries.map(([key, inner]) => flatten(`${prefix}.${normalText(key, names)}`, inner, names))) as Observation;
}

function normalNumber(path: string, value: number): string {
  if (path.endsWith('.Pid') && value > 0) return '<pid>';
  return isRecent(value) ? '<now>' : JSON.stringify(value);
}

/** dockerd keeps mounts, volumes and ports in maps, so their order is any. */
function byName(a: unknown, b: unknown): number {
  const of = (item: unknown) => {
    const { Destination, Name, PrivatePort, Type, IP } = item as Record<string, unknown>;
    return JSON.stringify([Destination ?? Name, PrivatePort, Type, IP]);
  };
  return of(a) < of(b) ? -1 : 1;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
