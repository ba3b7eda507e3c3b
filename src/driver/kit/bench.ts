import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverContext } from '../context.ts';
import { type Driver, pushesReadiness } from '../contract.ts';
import { type Interference, interfered } from './interference.ts';
import { kitContext } from './kit-context.ts';
import { Observer } from './observer.ts';
import { plainFlags, type Subject, secretValues } from './subject.ts';

/** A machine under test. */
export interface TestMachine {
  readonly name: string;
  readonly driver: Driver;
  readonly context: DriverContext;
  /** Calls through its context. */
  readonly calls: string[];
}

export interface OpenOptions {
  readonly name?: string;
  readonly signal?: AbortSignal;
  readonly interference?: Interference;
  /** As if it were in another store. */
  readonly storeId?: string;
}

const NO_TROUBLE: Interference = { at: 0, trouble: 'refused' };

/** Where drivers are opened for one check after the other; it keeps their states as a store does. */
export class Bench {
  readonly subject: Subject;
  readonly observer = new Observer();
  readonly storeId = crypto.randomUUID();
  /** Made when the first driver is opened: a test runner may run no check at all. */
  private root: string | undefined;
  private readonly states = new Map<string, string>();
  private readonly locks = new Map<string, Promise<unknown>>();
  private readonly opened = new Set<Driver>();
  private count = 0;

  constructor(subject: Subject) {
    this.subject = subject;
  }

  newName(): string {
    this.count += 1;
    return `kit-${this.count}`;
  }

  /** A driver of a new machine that knows its flags. The store has its state, as before `create`. */
  async configured(options: OpenOptions = {}): Promise<TestMachine> {
    const machine = await this.open({ name: this.newName(), ...options });
    await machine.driver.configure(plainFlags(this.subject));
    this.store(machine);
    return machine;
  }

  /** A machine that was made; whoever asks its guest for something waits until it is ready. */
  async made(options: OpenOptions = {}): Promise<TestMachine> {
    const machine = await this.configured(options);
    await machine.driver.preCreateCheck();
    await machine.driver.create();
    this.store(machine);
    return machine;
  }

  async ready({ driver }: TestMachine): Promise<void> {
    if (pushesReadiness(driver)) await driver.awaitReady(() => {});
  }

  /** Keeps what the driver says its state is. */
  store({ name, driver }: TestMachine): void {
    const state = driver.serialize();
    this.observer.show('the state', state);
    this.states.set(name, state);
  }

  /** The driver of a machine that is stored, as another command opens it. */
  reopened({ name }: { readonly name: string }, options: OpenOptions = {}): Promise<TestMachine> {
    return this.open({ ...options, name });
  }

  stateOf(name: string): string | undefined {
    return this.states.get(name);
  }

  async open({ name = this.newName(), signal, interference = NO_TROUBLE, storeId = this.storeId }: OpenOptions): Promise<TestMachine> {
    const calls: string[] = [];
    this.root ??= mkdtempSync(join(tmpdir(), 'tsmachine-kit-'));
    const own = kitContext({
      root: this.root,
      storeId,
      machineName: name,
      signal: signal ?? new AbortController().signal,
      observer: this.observer,
      secrets: secretValues(this.subject),
      lock: (key, work) => this.lock(key, work),
      checkpoint: (state) => void this.states.set(name, state),
      peers: () => [...this.states].filter(([other]) => other !== name).map(([, state]) => state),
    });
    const context = interfered((await this.subject.context?.(own)) ?? own, { calls }, interference);
    const driver = this.subject.driver.open(context, this.states.get(name));
    this.opened.add(driver);
    return { name, driver, context, calls };
  }

  /** What exists of machines. */
  async leftovers(): Promise<readonly string[]> {
    return [...((await this.subject.leftovers?.()) ?? [])].sort();
  }

  /** Removes whatever machines a check left, so that the next begins with none. */
  async clear(): Promise<void> {
    await this.subject.failAt?.(0);
    for (const name of this.states.keys()) {
      const { driver } = await this.reopened({ name });
      await driver.remove().catch(() => {}); // whether that works is a check of its own
    }
    await Promise.all([...this.opened].map((driver) => driver.close().catch(() => {})));
    this.opened.clear();
    this.states.clear();
  }

  dispose(): void {
    if (this.root !== undefined) rmSync(this.root, { recursive: true, force: true });
  }

  private async lock<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.locks.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.locks.set(
      key,
      mine.catch(() => {}),
    );
    return mine;
  }
}
