/**
 * Running guests of the long suite. A guest goes on from the saved state of one that had just booted (1-3 s); the first start
 * of an image with some memory and processors boots it once (about a minute) and saves that state beside the image.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../support/free-port.ts';
import { ADMIN_PASSWORD, type GuestImage, guestImage, locked } from './guest-image.ts';
import type { GuestName } from './recipes.ts';
import { type Hardware, VirtualMachine } from './virtual-machine.ts';

const exec = promisify(execFile);
const DEFAULT: Hardware = { memory: 1536, cpus: 2 };

/** Everyone logs in with the key `keyPath`. `deploy` uses sudo without a password, `admin` with one, `plain` may not. */
export type GuestUser = 'root' | 'deploy' | 'admin' | 'plain';

export interface GuestOptions extends Partial<Hardware> {
  /** More ports of the guest to reach; see `ports`. */
  readonly ports?: readonly number[];
  /** Boots instead of going on from a saved state. */
  readonly cold?: boolean;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Guest {
  readonly host = '127.0.0.1';
  readonly adminPassword = ADMIN_PASSWORD;
  readonly keyPath: string;
  readonly sshPort: number;
  /** The same number inside and outside, so that --generic-engine-port fits both. */
  readonly enginePort: number;
  /** Guest port to port of 127.0.0.1, of those asked for. */
  readonly ports: ReadonlyMap<number, number>;
  readonly dir: string;
  readonly machine: VirtualMachine;

  constructor(image: GuestImage, hardware: Hardware, place: GuestPlace) {
    this.keyPath = image.keyPath;
    this.dir = place.dir;
    this.sshPort = place.sshPort;
    this.enginePort = place.enginePort;
    this.ports = place.ports;
    const ports = new Map([
      [place.sshPort, 22],
      [place.enginePort, place.enginePort],
      ...[...place.ports].map(([a, b]) => [b, a] as const),
    ]);
    this.machine = new VirtualMachine({ image, ...hardware, dir: place.dir, ports, ...(place.state && { state: place.state }) });
  }

  /** Runs a shell line in the guest by the system's ssh; never throws, 255 when ssh itself failed. */
  run(line: string, options: { user?: GuestUser; input?: string; seconds?: number } = {}): Promise<Outcome> {
    const ssh = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${this.dir}/known_hosts`];
    const place = ['-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=10', '-i', this.keyPath, '-p', `${this.sshPort}`];
    const args = [...ssh, ...place, `${options.user ?? 'root'}@${this.host}`, line];
    return new Promise((done) => {
      const child = execFile('ssh', args, { maxBuffer: 1 << 26, timeout: (options.seconds ?? 600) * 1000 }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 255, stdout, stderr }),
      );
      child.stdin?.on('error', () => {}); // the command need not read it
      child.stdin?.end(options.input ?? '');
    });
  }

  /** As `run`; throws when the command fails, with what it wrote and the end of the console. Returns stdout, trimmed. */
  async must(line: string, options?: Parameters<Guest['run']>[1]): Promise<string> {
    const outcome = await this.run(line, options);
    if (outcome.code === 0) return outcome.stdout.trim();
    throw new Error(
      `guest: ${line}: exit code ${outcome.code}\n${outcome.stdout}${outcome.stderr}\n${(await this.console()).slice(-2000)}`,
    );
  }

  /** All that the serial console showed. */
  console(): Promise<string> {
    return readFile(join(this.dir, 'console.log'), 'utf8').catch(() => '');
  }

  /** Resolves when the guest lets root in. */
  async reachable(seconds = 300): Promise<void> {
    for (const end = Date.now() + seconds * 1000; ; await sleep(200)) {
      this.machine.assertAlive();
      const { code, stderr } = await this.run('true', { seconds: 30 });
      if (code === 0) return;
      if (Date.now() > end) throw new Error(`expected an SSH login within ${seconds} s: ${stderr}\n${(await this.console()).slice(-4000)}`);
    }
  }

  /** Reboots and resolves when root can log in to the new boot. */
  async reboot(): Promise<void> {
    const bootId = () => this.run('cat /proc/sys/kernel/random/boot_id', { seconds: 30 });
    const before = await bootId();
    await this.run('(sleep 1; reboot) >/dev/null 2>&1 &');
    for (;;) {
      await sleep(500);
      this.machine.assertAlive();
      const now = await bootId();
      if (now.code === 0 && now.stdout !== before.stdout) return;
    }
  }

  async dispose(): Promise<void> {
    await this.machine.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

interface GuestPlace {
  readonly dir: string;
  readonly sshPort: number;
  readonly enginePort: number;
  readonly ports: ReadonlyMap<number, number>;
  readonly state?: string;
}

/** A new guest with a disk of its own. `dispose` ends it; so does the end of this process. */
export async function bootGuest(name: GuestName, options: GuestOptions = {}): Promise<Guest> {
  const image = await guestImage(name);
  const hardware: Hardware = { memory: options.memory ?? DEFAULT.memory, cpus: options.cpus ?? DEFAULT.cpus };
  const saved = options.cold ? undefined : await savedState(image, hardware);
  const guest = new Guest(image, hardware, {
    ...(await newPlace(saved ?? { disk: image.disk, format: 'raw' }, options.ports)),
    ...(saved && { state: saved.state }),
  });
  try {
    if (saved) await guest.machine.resume();
    await guest.reachable();
    // Its clock stood still since the state was saved.
    if (saved) await guest.must(`date -s @${Math.ceil(Date.now() / 1000)}`);
    return guest;
  } catch (error) {
    await guest.dispose();
    throw error;
  }
}

interface SavedState {
  readonly state: string;
  readonly disk: string;
  readonly format: 'qcow2';
}

async function savedState(image: GuestImage, hardware: Hardware): Promise<SavedState> {
  const dir = join(image.dir, `booted-${hardware.memory}-${hardware.cpus}`);
  await locked(dir, async () => {
    if (!existsSync(dir)) await bootOnce(image, hardware, dir);
  });
  return { state: join(dir, 'state'), disk: join(dir, 'disk.qcow2'), format: 'qcow2' };
}

async function bootOnce(image: GuestImage, hardware: Hardware, dir: string): Promise<void> {
  const place = await newPlace({ disk: image.disk, format: 'raw' });
  const making = `${dir}.making`;
  const guest = new Guest(image, hardware, place);
  try {
    await guest.reachable();
    await guest.must(image.recipe.booted);
    await guest.must('sync');
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { recursive: true });
    await guest.machine.saveState(join(making, 'state'));
    await exec('cp', ['--sparse=always', join(place.dir, 'disk.qcow2'), making]);
    await rename(making, dir);
  } finally {
    await guest.dispose();
  }
}

async function newPlace(below: { disk: string; format: string }, wanted: readonly number[] = []): Promise<GuestPlace> {
  const dir = await mkdtemp(join(tmpdir(), 'tsm-guest-'));
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', below.disk, '-F', below.format, join(dir, 'disk.qcow2')]);
  const ports = new Map<number, number>();
  for (const port of wanted) ports.set(port, await freePort());
  return { dir, sshPort: await freePort(), enginePort: await freePort(), ports };
}
