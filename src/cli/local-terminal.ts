import type { TerminalView } from '../ssh/index.ts';
import type { ProgramInput } from './session.ts';

/** The user's terminal for a remote login shell; undefined when stdin or stdout is none. */
export function localTerminal(input: ProgramInput): TerminalView | undefined {
  const { stdin, stdout } = input;
  if (!stdin.isTTY || !stdout.isTTY) return undefined;
  return {
    name: input.platform.env.TERM ?? 'xterm',
    size: () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 }),
    // Called when the far side's terminal is there: from now on every key, Ctrl-C too, is for it.
    onResize(changed) {
      stdout.on('resize', changed);
      stdin.setRawMode?.(true);
      return () => {
        stdin.setRawMode?.(false);
        stdout.off('resize', changed);
      };
    },
  };
}
