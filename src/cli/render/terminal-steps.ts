import { Listr, PRESET_TIMER } from 'listr2';
import type { Progress } from './progress.ts';

const TIMER = { ...PRESET_TIMER, field: (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s` };

interface ShownStep {
  readonly name: string;
  readonly title: string;
  say(text: string): void;
  end(): void;
  /** Ends what is shown although the step goes on. */
  pause(): void;
  fail(): void;
  /** Resolves when its last line is drawn. */
  readonly drawn: Promise<void>;
}

/** Steps on the terminal: the running one with its time, those done above it. One listr for each, since steps are not known before. */
export function terminalSteps(): Progress {
  let shown: ShownStep | undefined;
  let drawn: Promise<void> = Promise.resolve();
  const waiting: string[] = [];
  return {
    begin(step, title) {
      shown = showStep(step, title, drawn);
      drawn = shown.drawn;
      for (const text of waiting.splice(0)) shown.say(text);
    },
    detail: (step, text) => (shown?.name === step ? shown.say(text) : undefined),
    end(step) {
      if (shown?.name === step) shown.end();
      shown = undefined;
    },
    // "Creating machine..." is what the steps say themselves
    info(message) {
      if (message.endsWith('...')) return;
      if (shown) shown.say(message);
      else waiting.push(message);
    },
    // the step is closed for the question, as done so far, and shown anew after it
    async suspended(work) {
      const before = shown;
      before?.pause();
      await drawn;
      try {
        return await work();
      } finally {
        if (before) {
          shown = showStep(before.name, before.title, drawn);
          drawn = shown.drawn;
        }
      }
    },
    async close() {
      shown?.fail();
      await drawn;
    },
  };
}

function showStep(name: string, title: string, previous: Promise<void>): ShownStep {
  const done = Promise.withResolvers<void>();
  const lines: string[] = [];
  let write = (text: string): void => void lines.push(text);
  let paused = false;
  const drawn = previous.then(async () => {
    const list = new Listr(
      [
        {
          title,
          rendererOptions: { persistentOutput: true, outputBar: Number.POSITIVE_INFINITY },
          async task(_, task) {
            write = (text) => {
              task.output = text;
            };
            for (const line of lines.splice(0)) write(line);
            await done.promise;
            if (paused) task.title = `${title} (up to a question)`;
          },
        },
      ],
      { registerSignalListeners: false, rendererOptions: { timer: TIMER, showErrorMessage: false } },
    );
    await list.run().catch(() => {}); // the error itself is told by whoever threw it
  });
  const pause = () => {
    paused = true;
    done.resolve();
  };
  return { name, title, say: (text) => write(text), end: done.resolve, pause, fail: () => done.reject(new Error(title)), drawn };
}
