import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Logger } from '../../core/logger.ts';

const MARK = 'TSMACHINE_KIT';
const CONSOLE = ['log', 'info', 'warn', 'error', 'debug', 'dir', 'table', 'trace'] as const;

/** What a driver lets be seen while it is tested. */
export class Observer {
  /** Log lines, arguments of programs, states: where no secret may be. */
  readonly shown: { readonly where: string; readonly text: string }[] = [];
  /** What was written past the log. */
  readonly printed: string[] = [];
  readonly log: Logger;
  private readonly mark = randomUUID();
  private readonly inside = new AsyncLocalStorage<true>();

  constructor() {
    const line = (where: string) => (message: string) => this.show(where, message);
    this.log = { info: line('log.info'), warn: line('log.warn'), debug: line('log.debug') };
  }

  show(where: string, text: string): void {
    this.shown.push({ where, text });
  }

  /**
   * What `work` and all that it starts print is kept, not shown; a test runner's own words pass. Programs that are started meanwhile are
   * known by a variable of their environment.
   */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    const restore = this.listen();
    try {
      return await this.inside.run(true, work);
    } finally {
      restore();
    }
  }

  private keep(text: string): boolean {
    if (text !== '') this.printed.push(text);
    return true;
  }

  private listen(): () => void {
    const before = process.env[MARK];
    process.env[MARK] = this.mark;
    const streams = [process.stdout, process.stderr] as const;
    const writes = streams.map((stream) => stream.write);
    const methods = CONSOLE.map((name) => console[name]);
    for (const stream of streams) {
      const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
      const kept = (...args: unknown[]) => (this.inside.getStore() ? this.keep(String(args[0])) : write(...args));
      stream.write = kept as typeof stream.write;
    }
    for (const [at, name] of CONSOLE.entries()) {
      const tell = methods[at] as (...words: unknown[]) => void;
      console[name] = (...words: unknown[]) => (this.inside.getStore() ? void this.keep(`${words.join(' ')}\n`) : tell(...words));
    }
    return () => {
      if (before === undefined) delete process.env[MARK];
      else process.env[MARK] = before;
      for (const [at, stream] of streams.entries()) stream.write = writes[at] as typeof stream.write;
      for (const [at, name] of CONSOLE.entries()) console[name] = methods[at] as (typeof console)[typeof name];
    };
  }

  /** An environment by which a program is known as the driver's. */
  marked(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
    return { ...env, [MARK]: this.mark };
  }

  /** Programs that still run: by their environment on Linux, elsewhere those that this process waits for. */
  processes(): string[] {
    if (process.platform !== 'linux') return process.getActiveResourcesInfo().filter((resource) => resource === 'ProcessWrap');
    const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
    return ids.filter((id) => read(`/proc/${id}/environ`).split('\0').includes(`${MARK}=${this.mark}`)).map((id) => commandOf(id));
  }
}

const commandOf = (id: string): string => `${read(`/proc/${id}/cmdline`).split('\0').slice(0, 4).join(' ')} (process ${id})`;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended meanwhile, or is another user's
  }
}
