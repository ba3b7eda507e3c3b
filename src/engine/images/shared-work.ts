/** What one party sees of work that several may wait for. */
type Report<Event> = (event: Event) => void;

interface Job<Event> {
  controller: AbortController;
  listeners: Set<Report<Event>>;
  last: Event | undefined;
  result: Promise<void>;
}

/**
 * Work by key that is done once however many ask for it at the same time. All hear its events; it is aborted when the last
 * of them has gone.
 */
export class SharedWork<Event> {
  readonly #jobs = new Map<string, Job<Event>>();

  async join(
    key: string,
    report: Report<Event>,
    signal: AbortSignal,
    work: (report: Report<Event>, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    signal.throwIfAborted();
    const job = this.#jobs.get(key) ?? this.#start(key, work);
    job.listeners.add(report);
    if (job.last !== undefined) report(job.last);
    const gone = Promise.withResolvers<never>();
    const leave = (): void => gone.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      await Promise.race([job.result, gone.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      job.listeners.delete(report);
      if (job.listeners.size === 0) {
        job.controller.abort(signal.reason);
        // what the work was about to leave behind is there now or never
        await job.result.catch(() => undefined);
      }
    }
  }

  #start(key: string, work: (report: Report<Event>, signal: AbortSignal) => Promise<void>): Job<Event> {
    const controller = new AbortController();
    const listeners = new Set<Report<Event>>();
    const job: Job<Event> = { controller, listeners, last: undefined, result: Promise.resolve() };
    const tell = (event: Event): void => {
      job.last = event;
      for (const listener of listeners) listener(event);
    };
    const forget = (): void => {
      if (this.#jobs.get(key) === job) this.#jobs.delete(key);
    };
    // who comes after an abort starts anew
    controller.signal.addEventListener('abort', forget, { once: true });
    job.result = work(tell, controller.signal).finally(forget);
    job.result.catch(() => undefined);
    this.#jobs.set(key, job);
    return job;
  }
}

/** At most `places` at a time; the others wait. */
export class Semaphore {
  readonly #places: () => number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  /** `places` is asked each time: settings may change while the engine runs. */
  constructor(places: () => number) {
    this.#places = places;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#inside >= Math.max(1, this.#places())) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#inside += 1;
    try {
      return await work();
    } finally {
      this.#inside -= 1;
      this.#waiting.shift()?.();
    }
  }
}
