/**
 * A Debian server without a VM: a root file system of its own (an overlay whose changes lie in memory), in mount, process, network,
 * IPC and host name namespaces, with a real init, sshd, sudo, apt and OpenRC, at an address that this computer reaches. It is gone
 * with this process. Needs root.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ADMIN_PASSWORD, serverRoot } from './server-root.ts';

const exec = promisify(execFile);

/** `deploy` uses sudo without a password, `admin` with one, `plain` may not. */
export const SERVER_USERS = ['root', 'deploy', 'admin', 'plain'] as const;
export type ServerUser = (typeof SERVER_USERS)[number];

export interface ServerOptions {
  /** IPv4 address; default: one of 198.18.0.0/15 that nobody has. */
  readonly address?: string;
  /** All that it may write, as mount's `size`: `60m`. Default: half of the memory. */
  readonly space?: string;
}

export interface ServerOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `$1` folder, `$2` lower root, `$3` space. Each line of stdin boots once more what lies in the folder. */
const HOLDER = `
mount -t tmpfs -o "size=$3" tmpfs "$1" && cd "$1" && mkdir upper work root docker || exit 1
while read -r _; do
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --net --uts --ipc sh -c "$BOOT" sh "$1" "$2"
  echo ended
done`;

/** The first process inside. What containers lie in must not be an overlay itself; cgroup2 alone, as crun refuses v1 beside it. */
const BOOT = `
cd "$1" && mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" root && cd root &&
mount -t proc proc proc && mount -t sysfs sysfs sys && mount -t cgroup2 cgroup2 sys/fs/cgroup && mount --rbind /dev dev &&
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts && mount --bind dev/pts/ptmx dev/ptmx &&
mount --bind /dev/null dev/console && mount -t tmpfs tmpfs dev/shm && mount -t tmpfs -o mode=755 tmpfs run &&
mkdir -p run/sshd run/lock run/openrc old var/lib/docker && mount --bind "$1/docker" var/lib/docker &&
cp proc/sys/kernel/random/uuid run/boot_id && mount --bind run/boot_id proc/sys/kernel/random/boot_id &&
echo default >run/openrc/softlevel && pivot_root . old && umount -l old && hostname "$(cat /etc/hostname)" &&
{ [ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; } &&
echo namespaces && read -r address && ip link set lo up && ip address add "$address/32" dev eth0 && ip link set eth0 up &&
ip route add 198.18.0.1 dev eth0 && ip route add default via 198.18.0.1 && exec /sbin/init </dev/null >/dev/null 2>&1`;

export class Server {
  readonly port = 22;
  readonly users = SERVER_USERS;
  readonly adminPassword = ADMIN_PASSWORD;
  readonly keyPath: string;
  /** Its address; `boot` may give it another one. */
  host: string;
  private readonly folder: string;
  private readonly holder: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private said = '';
  private init = 0;

  constructor(host: string, root: { folder: string; keyPath: string }, space: string) {
    this.host = host;
    this.keyPath = root.keyPath;
    this.folder = mkdtempSync(join(tmpdir(), 'tsm-server-'));
    const holder = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', HOLDER, 'sh', this.folder, root.folder, space];
    this.holder = spawn('setpriv', ['--pdeathsig', 'KILL', ...holder], {
      stdio: 'pipe',
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', BOOT },
    });
    this.holder.stdin?.on('error', () => {}); // told by the missing answer
    this.holder.stderr?.on('data', (chunk) => (this.said += chunk));
    this.lines = createInterface({ input: this.holder.stdout as Readable })[Symbol.asyncIterator]();
  }

  /** Its first process, as this computer counts. */
  get pid(): number {
    return this.init;
  }

  /** Boots it, once more after `powerOff`; what was written is there again. Resolves when sshd answers. */
  async boot(address = this.host): Promise<void> {
    this.host = address;
    this.holder.stdin?.write('boot\n');
    await this.heard('namespaces');
    this.init = onlyChild(onlyChild(this.holder.pid));
    const link = `tsm${randomBytes(5).toString('hex')}`;
    await exec('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(this.init)]);
    await exec('ip', ['address', 'add', '198.18.0.1/32', 'dev', link]);
    await exec('ip', ['link', 'set', link, 'up']);
    await exec('ip', ['route', 'add', `${this.host}/32`, 'dev', link, 'src', '198.18.0.1']);
    this.holder.stdin?.write(`${this.host}\n`);
    for (const end = Date.now() + 30_000; !(await answers(this.host, 22)); await sleep(20))
      if (Date.now() > end) throw new Error(`expected sshd at ${this.host}: ${this.said}`);
  }

  /** As if its plug were pulled. */
  async powerOff(): Promise<void> {
    process.kill(this.init, 'SIGKILL');
    await this.down();
  }

  /** Resolves when it went down by itself (`reboot`, `poweroff`); `boot` it then. */
  down(): Promise<void> {
    return this.heard('ended');
  }

  /** Runs a shell script inside, not over SSH; never throws. */
  run(script: string, { user = 'root', input = '' }: { user?: string; input?: string } = {}): Promise<ServerOutcome> {
    const as = user === 'root' ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--'];
    const words = ['--all', '-t', String(this.init), '--', ...as, 'sh', '-c', script];
    const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: '/root' };
    return new Promise((done) => {
      const child = execFile('nsenter', words, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 255, stdout, stderr }),
      );
      child.stdin?.on('error', () => {}); // it need not read it
      child.stdin?.end(input);
    });
  }

  /** As `run`; throws when it fails. Returns stdout, trimmed. */
  async must(script: string, options?: Parameters<Server['run']>[1]): Promise<string> {
    const { code, stdout, stderr } = await this.run(script, options);
    if (code !== 0) throw new Error(`server: ${script}: exit code ${code}\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** Ends every process of it. Idempotent. */
  async dispose(): Promise<void> {
    if (this.holder.exitCode === null && this.holder.signalCode === null) {
      const ended = once(this.holder, 'exit');
      this.holder.kill('SIGKILL'); // takes unshare with it, which takes the first process inside
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  private async heard(word: string): Promise<void> {
    const { value, done } = await this.lines.next();
    if (done || value !== word) throw new Error(`expected the server to say ${word}, found ${done ? 'its end' : value}: ${this.said}`);
  }
}

/** A server that runs and lets its users in with `keyPath`; `dispose` it. About a second. */
export async function bootServer({ address, space = '50%' }: ServerOptions = {}): Promise<Server> {
  const root = await serverRoot();
  const server = new Server(address ?? (await freeAddress()), root, space);
  try {
    await server.boot();
    return server;
  } catch (error) {
    await server.dispose();
    throw error;
  }
}

/** Of the block for tests of networks (RFC 2544). */
async function freeAddress(): Promise<string> {
  for (;;) {
    const address = `198.${randomInt(18, 20)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    if ((await exec('ip', ['route', 'show', address])).stdout === '') return address;
  }
}

/** What is killed later must be known for certain: 0 and 1 mean something else to kill(2). */
function onlyChild(pid: number | undefined): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  if (!/^\d+$/.test(children)) throw new Error(`expected one child of process ${pid}, found ${JSON.stringify(children)}`);
  return Number(children);
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const tell = (open: boolean) => () => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(50, tell(false)).once('connect', tell(true)).once('error', tell(false));
  });
}
