import { execFile } from 'node:child_process';
import { conflict, internal } from '../errors.ts';
import { cgroupProcesses } from './cgroup.ts';
import type { Container } from './container.ts';

export interface TopResult {
  Titles: string[];
  Processes: string[][];
}

/** `GET /containers/{id}/top`: what the system's own ps says of the container's processes. Throws 409 and 500. */
export async function topContainer(container: Container, psArguments: string): Promise<TopResult> {
  if (/\bpid=\S*[^,\s]|-o\s*pid=/.test(psArguments)) throw internal(`specifying "${psArguments}" is not allowed`);
  if (!container.running) throw conflict(`container ${container.id} is not running`);
  const pids = new Set(cgroupProcesses(container.record.state.pid));
  const output = await ps(psArguments === '' ? ['-ef'] : psArguments.split(' '));
  const [head = '', ...lines] = output.split('\n');
  const Titles = head.trim().split(/\s+/);
  const column = Titles.indexOf('PID');
  if (column < 0) throw internal("Couldn't find PID field in ps output");
  const Processes = lines.flatMap((line) => {
    const words = line.trim().split(/\s+/);
    if (!pids.has(Number(words[column]))) return [];
    // The last column is the command with its blanks.
    return [[...words.slice(0, Titles.length - 1), words.slice(Titles.length - 1).join(' ')]];
  });
  return { Titles, Processes };
}

function ps(args: readonly string[]): Promise<string> {
  return new Promise((done, failed) => {
    execFile('ps', args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else if (error.code === 'ENOENT') failed(internal('ps: exec: "ps": executable file not found in $PATH'));
      else failed(internal(`ps: ${stderr.split('\n', 1)[0] || error.message}`));
    });
  });
}
