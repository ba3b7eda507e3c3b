import { boolFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { forStream } from '../render/terminal-text.ts';

/** Milliseconds between two looks. */
const INTERVAL = 2_000;
const CLEAR = '\u001b[H\u001b[2J\u001b[3J';

/**
 * Shows the list again whenever it changed, until it is stopped: on a terminal in place, elsewhere below the last one (as JSON one
 * line each time).
 */
export async function watchList({ session, args }: Call, text: (indent?: 'one line') => Promise<string>): Promise<number> {
  const { stdout, clock, signal } = session.input;
  const asJson = boolFlag(args.values, 'json');
  let shown: string | undefined;
  for (;;) {
    const now = await text(asJson ? 'one line' : undefined);
    signal.throwIfAborted();
    if (now !== shown)
      stdout.write(`${stdout.isTTY && !asJson ? CLEAR : shown === undefined || asJson ? '' : '\n'}${forStream(stdout, now)}`);
    shown = now;
    await clock.sleep(INTERVAL, signal);
  }
}
