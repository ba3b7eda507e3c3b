import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { temporaryFolder } from './temporary.ts';

/** A real SSH server of this user on a free port of 127.0.0.1. */
export interface TestSshd {
  readonly port: number;
  readonly user: string;
  /** Client key, PKCS#1 as the store's id_rsa. */
  readonly keyPath: string;
  /** OpenSSH public key lines. */
  readonly hostKeys: readonly string[];
  /** Lets one more public key in. */
  authorize(publicLine: string): void;
  stop(): void;
}

/** OpenSSH's server, with these lines before its own settings. Needs the Debian package openssh-server. */
export async function startSshd(settings: readonly string[] = [], kinds: readonly string[] = ['ed25519', 'rsa']): Promise<TestSshd> {
  const dir = temporaryFolder();
  const keyPath = clientKey(dir);
  for (const kind of kinds) execFileSync('ssh-keygen', ['-q', '-t', kind, '-N', '', '-f', join(dir, `host_${kind}`)]);
  copyFileSync(`${keyPath}.pub`, join(dir, 'authorized_keys'));
  const port = await freePort();
  const lines = [
    ...settings,
    `ListenAddress 127.0.0.1:${port}`,
    ...kinds.map((kind) => `HostKey ${dir}/host_${kind}`),
    `AuthorizedKeysFile ${dir}/authorized_keys`,
    `PidFile ${dir}/pid`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
  ];
  writeFileSync(join(dir, 'config'), `${lines.join('\n')}\n`);
  const program = '/usr/sbin/sshd';
  if (!existsSync(program)) throw new Error('sshd is missing: install the Debian package openssh-server');
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const hostKeys = kinds.map((kind) => publicLine(join(dir, `host_${kind}.pub`)));
  const authorize = (line: string) => appendFileSync(join(dir, 'authorized_keys'), line);
  return {
    port,
    keyPath,
    hostKeys,
    authorize,
    user: userInfo().username,
    stop: await serve(program, ['-D', '-e', '-f', join(dir, 'config')], port),
  };
}

/** dropbear with this host key file. Needs the Debian package dropbear-bin, and root. */
export async function startDropbear(hostKey: Uint8Array): Promise<Omit<TestSshd, 'hostKeys' | 'authorize'>> {
  const dir = temporaryFolder();
  const home = join(dir, 'home');
  const keyPath = clientKey(dir);
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, 'host_key'), hostKey, { mode: 0o600 });
  const program = '/usr/sbin/dropbear';
  if (!existsSync(program)) throw new Error('dropbear is missing: install the Debian package dropbear-bin');
  const port = await freePort();
  const stop = await serve(program, ['-F', '-E', '-s', '-p', `127.0.0.1:${port}`, '-r', join(dir, 'host_key')], port);
  return { port, keyPath, user: userInfo().username, stop };
}

/** Made once for all servers of a test file: RSA keys take their time. */
let madeKey: string | undefined;

function clientKey(dir: string): string {
  const keyPath = join(dir, 'id_rsa');
  if (madeKey === undefined) execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', '', '-f', keyPath]);
  else for (const end of ['', '.pub']) copyFileSync(`${madeKey}${end}`, `${keyPath}${end}`);
  madeKey ??= keyPath;
  chmodSync(keyPath, 0o600);
  return keyPath;
}

const publicLine = (path: string) => readFileSync(path, 'utf8').split(' ').slice(0, 2).join(' ').trim();

async function serve(program: string, args: string[], port: number): Promise<() => void> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
    if (await answers(port)) return () => child.kill();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${program} does not listen: ${said}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (open: boolean) => () => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', tell(true)).once('error', tell(false));
  });
}
