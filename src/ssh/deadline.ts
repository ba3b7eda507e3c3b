/** A limit of time that stands still while the user is asked. */
export class Deadline {
  private readonly onEnd: () => void;
  private left: number;
  private started = 0;
  private timer: NodeJS.Timeout | undefined;
  private over = false;

  constructor(milliseconds: number, onEnd: () => void) {
    this.left = milliseconds;
    this.onEnd = onEnd;
    this.run();
  }

  /** Runs `work` with the clock stopped. */
  async pausedFor<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.timer);
    this.left -= performance.now() - this.started;
    try {
      return await work();
    } finally {
      this.run();
    }
  }

  end(): void {
    this.over = true;
    clearTimeout(this.timer);
  }

  private run(): void {
    if (this.over) return;
    this.started = performance.now();
    this.timer = setTimeout(this.onEnd, this.left);
  }
}
