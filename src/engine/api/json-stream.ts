import type { Writable } from 'node:stream';
import { messageOf } from '../../core/errors.ts';
import type { ApiAnswer } from '../http/route.ts';
import type { ProgressSink } from '../images/progress.ts';

/**
 * dockerd's streams of JSON lines. The answer begins with the first line, so that what fails before it is an ordinary
 * error answer; what fails later is a last line with `errorDetail`.
 */
export class JsonStream implements ProgressSink {
  readonly #answer: ApiAnswer;
  #stream: Writable | undefined;

  constructor(answer: ApiAnswer) {
    this.#answer = answer;
  }

  write(message: Record<string, unknown>): void {
    this.#stream ??= this.#answer.stream(200, 'application/json');
    this.#stream.write(`${JSON.stringify(message)}\r\n`);
  }

  /** Runs the work that writes, and ends the stream. Throws only when nothing was written. */
  async run(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#stream) throw error;
      this.fail(error);
    }
    this.#stream ??= this.#answer.stream(200, 'application/json');
    this.#stream.end();
  }

  fail(error: unknown): void {
    const message = messageOf(error);
    this.write({ errorDetail: { message }, error: message });
  }
}
