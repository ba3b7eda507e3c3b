/**
 * Presses keys in real shells and tells what the line then is. bash and zsh run on a terminal (util-linux's `script`): every
 * line is typed, all its completions are inserted, and a key bound for the purpose writes the line down. fish can complete
 * a line without a terminal.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CompletingShell {
  readonly name: 'bash' | 'zsh' | 'fish';
  /** For each line typed: the line after all its completions were inserted, without the blank at its end. */
  complete(place: Place, program: string, lines: readonly string[]): string[];
}

export interface Place {
  /** A folder for the shell's own files. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

const RECORD = '\u0018r'; // Ctrl-X r
const BASH_ALL = '\u001b*'; // readline's insert-completions
const ZSH_ALL = '\u0018a';

const bashSetup = (program: string, record: string) => `
source <(${program} completion bash)
record() { printf '%s\\n' "$READLINE_LINE" >> ${record}; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\\C-xr": record'
`;

const zshSetup = (program: string, record: string, folder: string) => `
autoload -Uz compinit && compinit -u -d ${folder}/zcompdump
source <(${program} completion zsh)
record() { print -r -- "$BUFFER" >> ${record}; BUFFER= }
zle -N record
bindkey '^Xr' record
zle -C all-matches complete-word _generic
zstyle ':completion:all-matches::::' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert yes
bindkey '^Xa' all-matches
`;

function typed(place: Place, command: string, keys: string, record: string): string[] {
  rmSync(record, { force: true });
  const run = spawnSync('script', ['-qec', command, '/dev/null'], {
    input: keys,
    cwd: place.folder,
    env: place.env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (!existsSync(record)) throw new Error(`the shell wrote nothing down: ${run.error?.message ?? run.stdout}`);
  const lines = readFileSync(record, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.trimEnd());
}

export const COMPLETING_SHELLS: readonly CompletingShell[] = [
  {
    name: 'bash',
    complete(place, program, lines) {
      const [rc, record] = [join(place.folder, 'bashrc'), join(place.folder, 'typed')];
      writeFileSync(rc, bashSetup(program, record));
      const keys = lines.map((line) => line + BASH_ALL + RECORD).join('');
      return typed(place, `bash --noprofile --rcfile ${rc} -i`, `${keys}exit\n`, record);
    },
  },
  {
    name: 'zsh',
    complete(place, program, lines) {
      const record = join(place.folder, 'typed');
      writeFileSync(join(place.folder, '.zshrc'), zshSetup(program, record, place.folder));
      const keys = lines.map((line) => line + ZSH_ALL + RECORD).join('');
      const zsh = { ...place, env: { ...place.env, ZDOTDIR: place.folder } };
      return typed(zsh, 'zsh --no-globalrcs -i', `${keys}exit\n`, record);
    },
  },
  {
    name: 'fish',
    complete(place, program, lines) {
      return lines.map((line) => {
        const script = `${program} completion fish | source; complete -C ${quoted(line)}`;
        const { stdout } = spawnSync('fish', ['--no-config', '-c', script], { cwd: place.folder, env: place.env, encoding: 'utf8' });
        const candidates = stdout
          .split('\n')
          .filter((row) => row !== '')
          .map((row) => row.split('\t')[0]);
        return line.slice(0, line.lastIndexOf(' ') + 1) + candidates.join(' ');
      });
    },
  },
];

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
