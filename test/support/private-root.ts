/**
 * This computer's own file system as a machine to set up: an overlay whose changes lie in a tmpfs, in namespaces of its own.
 * Needs root. What the machine's shells do stays inside and is gone when it stops.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { RemoteShell } from '../../src/ssh/remote-shell.ts';
import { temporaryFolder } from './temporary.ts';

export interface PrivateRoot {
  /** As root, or as another user; `sh` in the words is this program. */
  shell(options?: { readonly user?: string; readonly sh?: readonly string[] }): RemoteShell;
  /** Runs a script as root; throws when it fails. */
  must(script: string): Promise<string>;
  stop(): void;
}

const SETUP = `
mount -t tmpfs tmpfs "$1" && mkdir "$1/upper" "$1/work" "$1/root" &&
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root" &&
mount -t proc proc "$1/root/proc" && mount -t tmpfs -o mode=755 tmpfs "$1/root/run" && mount --rbind /dev "$1/root/dev" &&
mkdir -p "$1/root/etc/docker" && hostname private-root && echo ready && exec sleep infinity`;

export async function startPrivateRoot(): Promise<PrivateRoot> {
  const folder = temporaryFolder();
  const holder = spawn('unshare', ['--mount', '--uts', '--propagation', 'private', 'sh', '-c', SETUP, 'sh', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said] = (await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit').then(() => [''])])) as [unknown];
  if (String(said) !== 'ready\n') throw new Error(`the private root did not start: ${await text(holder.stderr)}`);
  const enter = ['-t', String(holder.pid), '--mount', '--uts', '--', 'chroot', `${folder}/root`];
  const shell: PrivateRoot['shell'] = ({ user = 'root', sh = ['sh'] } = {}) => ({
    async run(words, { input, onStdout } = {}) {
      const line = words[0] === 'sh' ? [...sh, ...words.slice(1)] : words;
      const as = user === 'root' ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--'];
      const child = spawn('nsenter', [...enter, ...as, ...line], {
        stdio: 'pipe',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' },
      });
      return outcome(child, input, onStdout);
    },
  });
  const must = async (script: string) => {
    const { exitCode, stdout, stderr } = await shell().run(['sh', '-c', script]);
    if (exitCode !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  };
  return { shell, must, stop: () => holder.kill('SIGKILL') };
}

async function outcome(child: ChildProcess, input: Uint8Array | Readable | undefined, heard: ((chunk: Buffer) => void) | undefined) {
  child.stdin?.on('error', () => {}); // it may end before it has read all
  if (input instanceof Readable) input.pipe(child.stdin as NodeJS.WritableStream);
  else child.stdin?.end(input);
  child.stdout?.on('data', (chunk: Buffer) => heard?.(chunk));
  const said = Promise.all([text(child.stdout as Readable), text(child.stderr as Readable)]);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  const [stdout, stderr] = await said;
  return { exitCode: code ?? (signal === null ? 1 : 137), stdout, stderr };
}
