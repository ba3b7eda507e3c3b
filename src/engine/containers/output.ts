import type { OutputSink, StreamName } from '../runtime/task.ts';

export interface OutputListener {
  /** A promise holds the container's output back until it resolves. */
  write(stream: StreamName, data: Buffer): Promise<void> | undefined;
  /** The process has ended; nothing follows. */
  end(): void;
}

/** One container's output, to its log and to everybody attached. */
export class OutputHub {
  readonly #listeners = new Set<OutputListener>();

  add(listener: OutputListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly sink: OutputSink = (stream, data) => {
    const waits = [...this.#listeners].map((listener) => listener.write(stream, data)).filter((wait) => wait !== undefined);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  };

  /** Tells everybody of the end and forgets them. */
  end(): void {
    for (const listener of [...this.#listeners]) listener.end();
    this.#listeners.clear();
  }
}
