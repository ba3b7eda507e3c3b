import { cmd } from './cmd.ts';
import type { Dialect } from './dialect.ts';
import { emacs } from './emacs.ts';
import { fish } from './fish.ts';
import { posix } from './posix.ts';
import { powershell } from './powershell.ts';
import { tcsh } from './tcsh.ts';

export { detectShell } from './detect.ts';
export type { Dialect } from './dialect.ts';
export { mergeNoProxy, noProxyVariable } from './no-proxy.ts';

const DIALECTS: Readonly<Record<string, Dialect>> = { fish, powershell, pwsh: powershell, cmd, tcsh, emacs };

/** A shell by its name; as in docker-machine every unknown word is a Bourne shell. */
export function dialectOf(shell: string): Dialect {
  return DIALECTS[shell] ?? posix;
}

/** The lines after the assignments: how to evaluate them. */
export function hintLines(dialect: Dialect, words: readonly string[]): string[] {
  return [`${dialect.comment} Run this command to configure your shell: `, `${dialect.comment} ${dialect.evaluate(words)}`];
}
