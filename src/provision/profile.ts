import { shellQuote } from '../core/shell-quote.ts';
import { checkAssignments, refuseControl } from './engine-values.ts';
import { type EngineSettings, engineArguments } from './identity.ts';

const CERTIFICATES = '/var/lib/boot2docker';

/**
 * boot2docker's `profile`, byte for byte docker-machine's for values of safe characters. The shell that sources the file reads
 * every value literally. Who starts the engine splits EXTRA_ARGS at blanks and expands nothing; where a value has blanks of its
 * own, EXTRA_ARGS_IFS says that words end with their lines. Throws ENGINE_OPTION for what no line can carry.
 */
export function renderProfile(engine: EngineSettings & { readonly port: number }): string {
  refuseControl([...engineArguments(engine), ...engine.env, engine.storageDriver]);
  checkAssignments(engine.env);
  const words = engineArguments(engine);
  const lines = words.some((word) => word.includes(' ')) ? words : argumentLines(words);
  return [
    '',
    `EXTRA_ARGS='`,
    ...lines.map((line) => line.replaceAll("'", `'\\''`)),
    '',
    `'`,
    ...(lines === words ? [`EXTRA_ARGS_IFS='`, `'`] : []),
    `CACERT=${CERTIFICATES}/ca.pem`,
    `DOCKER_HOST='-H tcp://0.0.0.0:${engine.port}'`,
    `DOCKER_STORAGE=${shellQuote(engine.storageDriver || 'overlay2')}`,
    'DOCKER_TLS=auto',
    `SERVERKEY=${CERTIFICATES}/server-key.pem`,
    `SERVERCERT=${CERTIFICATES}/server.pem`,
    '',
    ...engine.env.map(exportLine),
    '',
    '',
  ].join('\n');
}

/** An option and its value share a line, as docker-machine writes them. */
function argumentLines(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && /^--(label|insecure-registry|registry-mirror)$/.test(last)) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function exportLine(assignment: string): string {
  return shellQuote(assignment) === assignment ? `export "${assignment}"` : `export ${shellQuote(assignment)}`;
}
