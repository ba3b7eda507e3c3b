import { type DaemonOptions, daemonArguments } from './daemon-arguments.ts';
import { checkAssignments, refuseControl } from './engine-values.ts';

export const DROP_IN = '/etc/systemd/system/docker.service.d/10-machine.conf';

/**
 * docker-machine's drop-in, byte for byte for values of safe characters. Others are quoted by systemd's rules (systemd.service(5)
 * "Command lines", systemd.exec(5) Environment=), so that the engine gets them literally. Throws `ENGINE_OPTION`.
 */
export function renderDropIn(options: DaemonOptions): string {
  const words = daemonArguments(options);
  refuseControl([...words, ...options.env]);
  checkAssignments(options.env);
  const environment = options.env.every(isPlain)
    ? [`Environment=${options.env.map((value) => `${value} `).join('')}`]
    : options.env.map((value) => `Environment=${isPlain(value) ? value : quoted(value)}`);
  const command = [options.program, ...words.map((word) => (isPlain(word) ? word : quoted(word.replaceAll('$', '$$$$'))))];
  return ['[Service]', 'ExecStart=', `ExecStart=${command.join(' ')} `, ...environment, ''].join('\n');
}

/** What systemd takes as it is, wherever it stands. */
const isPlain = (word: string) => /^[\w@+=:,./[\]-]+$/.test(word);

function quoted(word: string): string {
  return `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
}
