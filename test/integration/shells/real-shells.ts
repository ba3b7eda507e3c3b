/** Evaluates the output of `tsmachine env` in real shells the documented way and tells what a child process then sees. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RealShell {
  /** As given to --shell. */
  readonly dialect: string;
  readonly program: string;
  /** Debian package that has it. */
  readonly package: string;
  /** Argument list that evaluates what `cat file` prints, then prints $VALUE of the environment to `out` by printenv. */
  args(file: string, out: string): string[];
}

const evalUnquoted = (file: string, out: string) => ['-c', `eval $(cat ${file}); printenv VALUE > ${out}`];
const evalQuoted = (file: string, out: string) => ['-c', `eval "$(cat ${file})"\nprintenv VALUE > ${out}`];

export const REAL_SHELLS: Readonly<Record<string, RealShell>> = {
  bash: { dialect: 'bash', program: 'bash', package: 'bash', args: evalUnquoted },
  'bash, quoted': { dialect: 'bash', program: 'bash', package: 'bash', args: evalQuoted },
  dash: { dialect: 'sh', program: 'dash', package: 'dash', args: evalUnquoted },
  'dash, quoted': { dialect: 'sh', program: 'dash', package: 'dash', args: evalQuoted },
  zsh: { dialect: 'zsh', program: 'zsh', package: 'zsh', args: (file, out) => ['-f', ...evalUnquoted(file, out)] },
  'zsh, quoted': { dialect: 'zsh', program: 'zsh', package: 'zsh', args: (file, out) => ['-f', ...evalQuoted(file, out)] },
  fish: {
    dialect: 'fish',
    program: 'fish',
    package: 'fish',
    args: (file, out) => ['--no-config', '-c', `eval (cat ${file}); printenv VALUE > ${out}`],
  },
  tcsh: {
    dialect: 'tcsh',
    program: 'tcsh',
    package: 'tcsh',
    args: (file, out) => ['-f', '-c', `eval \`cat ${file}\`; printenv VALUE > ${out}`],
  },
  emacs: {
    dialect: 'emacs',
    program: 'emacs',
    package: 'emacs-nox',
    args: (file, out) => [
      '--batch',
      '-Q',
      '--eval',
      `(progn (with-temp-buffer (shell-command "cat ${file}" (current-buffer)) (eval-buffer)) (call-process "printenv" nil '(:file "${out}") nil "VALUE"))`,
    ],
  },
};

export function requireProgram(program: string, debianPackage: string): void {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return;
    } catch {
      // not in this folder
    }
  }
  throw new Error(`${program} is needed for this test: apt-get install ${debianPackage}`);
}

export interface Outcome {
  /** What a child sees, without the newline printenv adds; undefined when the variable is not set. */
  readonly value: string | undefined;
  readonly stderr: string;
  /** Names in the folder the shell ran in, besides what the test put there. */
  readonly left: readonly string[];
}

export function evaluateIn(shell: RealShell, text: string, env: Record<string, string>): Outcome {
  requireProgram(shell.program, shell.package);
  const root = mkdtempSync(join(tmpdir(), 'tsmachine-shell-'));
  try {
    const cwd = join(root, 'cwd');
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'lure'), ''); // for globs
    writeFileSync(join(root, 'lines'), text);
    writeFileSync(join(root, 'out'), '');
    const run = spawnSync(shell.program, shell.args(join(root, 'lines'), join(root, 'out')), {
      cwd,
      env: { PATH: process.env.PATH ?? '', HOME: root, LANG: 'C.UTF-8', ...env },
    });
    const out = readFileSync(join(root, 'out'), 'utf8');
    const left = readdirSync(cwd).filter((name) => name !== 'lure');
    return { value: out.endsWith('\n') ? out.slice(0, -1) : undefined, stderr: run.stderr.toString(), left };
  } finally {
    rmSync(root, { recursive: true });
  }
}
