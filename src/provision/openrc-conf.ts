import { MachineError } from '../core/errors.ts';
import { shellQuote } from '../core/shell-quote.ts';
import { type DaemonOptions, daemonArguments } from './daemon-arguments.ts';
import { checkAssignments, refuseControl } from './engine-values.ts';

/** How an init script reads its options: OpenRC's own evaluate DOCKER_OPTS as words of a shell, System V's split it at blanks. */
export type InitScript = 'openrc' | 'sysv';

export const optionsFile = (script: InitScript): string => (script === 'openrc' ? '/etc/conf.d/docker' : '/etc/default/docker');

const BEGIN = '# tsmachine: begin (written by create and provision)';
const END = '# tsmachine: end';

/** The file with our part at its end, where it counts; what stood there besides stays as it was. */
export function withOurPart(file: string, part: string): string {
  const [before = '', rest = ''] = file.split(`${BEGIN}\n`);
  const after = rest.split(`${END}\n`)[1] ?? '';
  return `${before}${after}${BEGIN}\n${part}${END}\n`;
}

/** Lines that the init script's shell sources, every value literal. Throws `ENGINE_OPTION` for what the script cannot pass on. */
export function renderOpenRc(options: DaemonOptions, script: InitScript): string {
  const words = daemonArguments(options);
  refuseControl([...words, ...options.env]);
  checkAssignments(options.env);
  if (script === 'sysv')
    for (const word of words)
      if (/[\s*?[\\]/.test(word) && !word.startsWith('tcp://[::]'))
        throw new MachineError(
          'ENGINE_OPTION',
          `the machine's init script splits options at blanks and expands patterns: ${JSON.stringify(word)}`,
          {
            hint: 'put this option into /etc/docker/daemon.json on the machine',
          },
        );
  const line = words.map((word) => (script === 'openrc' ? shellQuote(word) : word)).join(' ');
  return [`DOCKER_OPTS=${shellQuote(line)}`, ...options.env.map((value) => `export ${shellQuote(value)}`), ''].join('\n');
}
