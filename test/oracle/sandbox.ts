/**
 * A daemon in a root file system of its own, in fresh mount, pid and network namespaces. Nothing it does (mounts, bridges,
 * nftables rules, processes) reaches the host, and all of it is gone when the sandbox is: the kernel ends every process of
 * a pid namespace with its first one. Needs root.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SandboxOptions {
  /** Read-only lower root; writes go to an overlay that is thrown away. */
  root: string;
  /** Absolute program and arguments inside the root. `/run/share` there is `share` here. */
  command: string[];
  /** More bind mounts, host path to path inside. */
  binds?: Record<string, string>;
  env?: Record<string, string>;
}

/**
 * $1 run directory, $2 lower root, then `host inside` pairs up to `--`, then the command. The new root must be
 * a mount of its own or the runtimes' pivot_root fails; /var/lib/docker must not be an overlay, since overlayfs does not
 * stack upon itself as an upper layer. cgroup2 alone is mounted, since crun refuses a host that has v1 beside it: there the
 * controllers that v1 holds are missing, for every engine alike, and limits are tested in the VM.
 */
const ENTER = `set -e
run=$1 lower=$2; shift 2
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$run/upper,workdir=$run/work" "$run/root"
cd "$run/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mkdir -p run/share var/lib/docker .old
mount --bind "$run/share" run/share
mount --bind "$run/data" var/lib/docker
mount -t cgroup2 cgroup2 sys/fs/cgroup
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir -p "./$2"; else mkdir -p "$(dirname "./$2")"; : >"./$2"; fi
  mount --bind "$1" "./$2"; shift 2
done; shift
rm -f etc/resolv.conf; echo 'nameserver 127.0.0.1' >etc/resolv.conf
pivot_root . .old
umount -l /.old
rmdir /.old
ip link set lo up
while :; do
  "$@" &
  echo $! >run/share/.daemon
  wait $! || :
  until rm run/share/.again 2>/dev/null; do sleep 0.1; done
done`;

export class Sandbox {
  /** Shared with the inside as `/run/share`: sockets and files. */
  readonly share: string;
  readonly log: string;
  readonly #run: string;
  readonly #child: ChildProcess;
  readonly #program: string;

  private constructor(run: string, child: ChildProcess, program: string) {
    this.#run = run;
    this.#child = child;
    this.#program = program;
    this.share = join(run, 'share');
    this.log = join(run, 'log');
  }

  static async start(options: SandboxOptions): Promise<Sandbox> {
    if (process.getuid?.() !== 0) throw new Error('expected to run as root: the daemons need namespaces and mounts');
    await sweep();
    const run = await mkdtemp(join(base(), PREFIX));
    await writeFile(join(run, 'owner'), String(process.pid));
    for (const dir of ['upper', 'work', 'root', 'share', 'data']) await mkdir(join(run, dir));
    const log = await open(join(run, 'log'), 'a');
    const binds = Object.entries(options.binds ?? {}).flat();
    const args = ['--pdeathsig', 'KILL', 'unshare', '-m', '-n', '-p', '-f', '--kill-child', '--', 'sh', '-c', ENTER, 'sandbox', run];
    const child = spawn('setpriv', [...args, options.root, ...binds, '--', ...options.command], {
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', ...options.env },
    });
    await once(child, 'spawn');
    await log.close();
    return new Sandbox(run, child, options.command[0] ?? '');
  }

  /** Resolves when `path` in `share` exists; throws with the end of the log when the daemon ends or `seconds` pass first. */
  async appeared(path: string, seconds = 60): Promise<void> {
    const until = Date.now() + seconds * 1000;
    while (
      !(await access(join(this.share, path)).then(
        () => true,
        () => false,
      ))
    ) {
      const dead = this.#child.exitCode !== null || (await this.#daemonEnded());
      if (dead || Date.now() > until) throw new Error(`the daemon did not start:\n${await this.tail()}`);
      await sleep(20);
    }
  }

  /** Pid (as the host counts) of the first process inside: the handle on its namespaces. */
  async init(): Promise<number> {
    const [pid] = await childrenOf(this.#child.pid ?? 0);
    if (!pid) throw new Error(`the sandbox has ended:\n${await this.tail()}`);
    return pid;
  }

  /** Pid (as the host counts) of the daemon itself. */
  async daemon(): Promise<number> {
    const inner = (await readFile(join(this.share, '.daemon'), 'utf8')).trim();
    for (const pid of await childrenOf(await this.init())) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      if (new RegExp(`^NSpid:.*\\s${inner}$`, 'm').test(status)) return pid;
    }
    throw new Error(`${this.#program} has ended:\n${await this.tail()}`);
  }

  /** Starts the daemon again after it ended or was killed; containers that outlived it are still there. */
  async restart(): Promise<void> {
    await rm(join(this.share, '.daemon'), { force: true });
    await writeFile(join(this.share, '.again'), '');
  }

  async #daemonEnded(): Promise<boolean> {
    const started = await access(join(this.share, '.daemon')).then(
      () => true,
      () => false,
    );
    return (
      started &&
      this.daemon().then(
        () => false,
        () => true,
      )
    );
  }

  /** The last lines the daemon wrote. */
  async tail(): Promise<string> {
    return (await readFile(this.log, 'utf8')).slice(-3000);
  }

  /** argv to run a program of the host in the daemon's network namespace. */
  async inNetwork(...command: string[]): Promise<string[]> {
    return ['nsenter', `--net=/proc/${await this.init()}/ns/net`, '--', ...command];
  }

  /** argv to run a program of the daemon's root in all its namespaces. */
  async inside(...command: string[]): Promise<string[]> {
    return ['nsenter', '-t', String(await this.init()), '-m', '-n', '-p', '-r', '-w', '--', ...command];
  }

  /** Asks the daemon to end (it unmounts and releases its database), then ends what is left. Idempotent. */
  async stop(): Promise<void> {
    const daemon = await this.daemon().catch(() => undefined);
    if (daemon) {
      signal(daemon, 'SIGTERM');
      for (let i = 0; i < 300 && signal(daemon, 0); i += 1) await sleep(50);
    }
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await ended;
    }
    await removeRun(this.#run);
  }
}

const PREFIX = 'tsmachine-oracle-';

/** A directory on a real disk, with a path short enough for a unix socket. */
function base(): string {
  return process.env.TSMACHINE_ORACLE_DIR ?? (tmpdir() === '/tmp' ? '/var/tmp' : tmpdir());
}

/** Removes what runs that were killed have left. */
async function sweep(): Promise<void> {
  for (const name of await readdir(base())) {
    if (!name.startsWith(PREFIX)) continue;
    const owner = Number(await readFile(join(base(), name, 'owner'), 'utf8').catch(() => '0'));
    if (owner > 1 && !signal(owner, 0)) await removeRun(join(base(), name));
  }
}

async function removeRun(run: string): Promise<void> {
  // The namespace's mounts go a moment after its last process.
  await rm(run, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
