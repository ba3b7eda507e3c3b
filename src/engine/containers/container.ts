import type { LogWriter } from '../runtime/logs/log-writer.ts';
import type { Task } from '../runtime/task.ts';
import { Mutex } from './mutex.ts';
import { OutputHub } from './output.ts';
import type { ContainerRecord } from './types.ts';

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

export interface WaitResult {
  exitCode: number;
  error?: string;
}

/** One container in the engine's memory. */
export class Container {
  readonly record: ContainerRecord;
  readonly output = new OutputHub();
  /** One change of state at a time. */
  readonly changes = new Mutex();
  task: Task | undefined;
  log: LogWriter | undefined;
  /** The last writing of its record under way. */
  saved: Promise<void> = Promise.resolve();
  removing = false;
  restartDelay = 0;
  restartTimer: NodeJS.Timeout | undefined;
  readonly execIds = new Set<string>();
  #exits: ((result: WaitResult) => void)[] = [];
  #removals: ((result: WaitResult) => void)[] = [];
  #starts: (() => void)[] = [];

  constructor(record: ContainerRecord) {
    this.record = record;
  }

  get id(): string {
    return this.record.id;
  }

  /** Without the slash. */
  get name(): string {
    return this.record.name.slice(1);
  }

  get running(): boolean {
    return ['running', 'paused'].includes(this.record.state.status);
  }

  get tty(): boolean {
    return this.record.config.Tty === true;
  }

  wait(condition: WaitCondition): Promise<WaitResult> {
    const { state } = this.record;
    if (condition === 'not-running' && !this.running) {
      return Promise.resolve({ exitCode: state.exitCode, ...(state.error === '' ? {} : { error: state.error }) });
    }
    return new Promise((done) => (condition === 'removed' ? this.#removals : this.#exits).push(done));
  }

  /** Resolves when it runs, at once if it does. */
  started(): Promise<void> {
    return this.task === undefined ? new Promise((done) => this.#starts.push(done)) : Promise.resolve();
  }

  announceStart(): void {
    for (const done of this.#starts.splice(0)) done();
  }

  announceExit(result: WaitResult): void {
    for (const done of this.#exits.splice(0)) done(result);
  }

  announceRemoval(result: WaitResult): void {
    for (const done of this.#removals.splice(0)) done(result);
  }
}
