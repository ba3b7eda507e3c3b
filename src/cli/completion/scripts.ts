import { usageError } from '../arguments/usage-error.ts';
import { bash } from './bash.ts';
import { fish } from './fish.ts';
import { powershell } from './powershell.ts';
import { zsh } from './zsh.ts';

const SCRIPTS: Readonly<Record<string, string>> = { bash, fish, powershell, zsh };

/** Shells that `completion` knows. */
export const COMPLETION_SHELLS: readonly string[] = Object.keys(SCRIPTS);

/**
 * The script that makes a shell ask us when TAB is pressed, for a program called `program`. Throws USAGE for another shell, or a
 * name that a shell could read as more than a name.
 */
export function completionScript(shell: string, program: string): string {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) throw usageError(`Expected one of ${COMPLETION_SHELLS.join(', ')}, found ${JSON.stringify(shell)}`);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(program)) {
    throw usageError(`Expected a program name of letters, digits, '.', '_' and '-', found ${JSON.stringify(program)}`);
  }
  const identifier = `__${program.replace(/[^A-Za-z0-9]/g, '_')}_complete`;
  return script.replaceAll('FUNCTION', identifier).replaceAll('PROGRAM', program);
}
