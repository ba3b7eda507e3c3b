/** The computer's own programs that work over ssh: scp, rsync, sshfs. Each gets a machine's address and pinned keys from files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMachineError, MachineError } from '../core/errors.ts';
import { type AttachedStreams, runAttached } from '../host/attached.ts';
import type { CopyBetween, CopyPlace } from './api.ts';
import type { MachinesHost } from './host.ts';
import { withNamedSsh } from './named-ssh.ts';

/** Throws TOOL_FAILED with scp's exit status, TOOL_MISSING. */
export async function copyWithScp(host: MachinesHost, request: CopyBetween, quiet: boolean, streams: AttachedStreams): Promise<void> {
  await withClientFile(host, [request.from, request.to], async (file) => {
    const options = [
      ...(request.from.machine && request.to.machine ? ['-3'] : []),
      ...(request.recursive ? ['-r'] : []),
      ...(quiet ? ['-q'] : []),
    ];
    await runTool('scp', 'the scp feature', ['-F', file, ...options, '--', word(request.from), word(request.to)], streams);
  });
}

/** Sends only what differs. Throws TOOL_FAILED with rsync's exit status, TOOL_MISSING, RSYNC_REMOTE for two machines. */
export async function copyWithRsync(host: MachinesHost, request: CopyBetween, quiet: boolean, streams: AttachedStreams): Promise<void> {
  if (request.from.machine && request.to.machine) {
    const hint = 'leave --delta out: without it files go from machine to machine through this computer';
    throw new MachineError('RSYNC_REMOTE', 'rsync does not copy between two machines', { hint });
  }
  await withClientFile(host, [request.from, request.to], async (file) => {
    const client = `ssh -F "${file.replaceAll('"', '""')}"`; // rsync's own quoting
    const options = [...(quiet ? [] : ['--progress']), '--protect-args', '-e', client, ...(request.recursive ? ['-r'] : [])];
    await runTool('rsync', 'the --delta option', [...options, '--', word(request.from), word(request.to)], streams);
  });
}

/** Throws TOOL_FAILED with sshfs's exit status, TOOL_MISSING. */
export async function mountWithSshfs(host: MachinesHost, place: CopyPlace, mountPoint: string, streams: AttachedStreams): Promise<void> {
  // the machine's own file stays where it is: sshfs may need it again
  const file = await clientFile(host, place.machine ?? '');
  await runTool('sshfs', 'the mount feature', ['-F', file, word(place), undashed(mountPoint)], streams);
}

/** Throws TOOL_FAILED, TOOL_MISSING. */
export async function unmount(host: MachinesHost, mountPoint: string, streams: AttachedStreams): Promise<void> {
  const programs = host.options.platform.os === 'linux' ? ['fusermount3', 'fusermount'] : ['umount'];
  for (const [at, program] of programs.entries()) {
    try {
      const options = program === 'umount' ? [] : ['-u'];
      return await runTool(program, 'the unmount option', [...options, undashed(mountPoint)], streams);
    } catch (error) {
      const next = at < programs.length - 1 && isMachineError(error) && error.code === 'TOOL_MISSING';
      if (!next) throw error;
    }
  }
}

/** One file for both machines: a client reads no more than one. */
async function withClientFile(host: MachinesHost, places: readonly CopyPlace[], work: (file: string) => Promise<void>): Promise<void> {
  const names = [...new Set(places.flatMap(({ machine }) => (machine === undefined ? [] : [machine])))];
  const files = await Promise.all(names.map((name) => clientFile(host, name)));
  const dir = await mkdtemp(join(tmpdir(), 'tsmachine-'));
  try {
    const file = join(dir, 'ssh_config');
    await writeFile(file, files.map((path) => `Include "${path}"\n`).join(''), { mode: 0o600 });
    await work(file);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function clientFile(host: MachinesHost, name: string): Promise<string> {
  return withNamedSsh(host, name, (ssh) => ssh.configFile(host.options.signal));
}

/** A place as these programs write it. A local path with a colon is made to have a slash before it. */
function word({ machine, user, path }: CopyPlace): string {
  if (machine !== undefined) return `${user === undefined ? '' : `${user}@`}${machine}:${path}`;
  return path.includes(':') && !path.includes('/') ? `./${path}` : undashed(path);
}

const undashed = (path: string): string => (path.startsWith('-') ? `./${path}` : path);

async function runTool(program: string, feature: string, args: readonly string[], streams: AttachedStreams): Promise<void> {
  let code: number;
  try {
    code = await runAttached(program, args, streams);
  } catch (error) {
    if (!isMachineError(error) || error.code !== 'PROGRAM_NOT_FOUND') throw error;
    const name = program === 'fusermount3' ? 'fusermount' : program;
    throw new MachineError('TOOL_MISSING', `You must have a copy of the ${name} binary locally to use ${feature}`, { cause: error });
  }
  if (code !== 0) throw new MachineError('TOOL_FAILED', `exit status ${code}`);
}
