/**
 * A machine of the long suite, under software emulation so that it is the same everywhere. It ends with this process. A reboot of
 * the guest gets a new QEMU: QEMU 7.2 keeps what it translated of the old memory, and each byte that the new kernel writes there
 * may cost it half a second.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Qmp } from '../../../src/supervisor/qmp.ts';
import type { GuestImage } from './guest-image.ts';

export interface Hardware {
  /** MiB. */
  readonly memory: number;
  readonly cpus: number;
}

export interface VirtualMachineOptions extends Hardware {
  readonly image: GuestImage;
  /** Holds disk.qcow2, console.log and the control socket. */
  readonly dir: string;
  /** Port of 127.0.0.1 to port of the guest. */
  readonly ports: ReadonlyMap<number, number>;
  /** State saved by `saveState`, which the guest goes on from. */
  readonly state?: string;
}

export class VirtualMachine {
  private child: ChildProcess;
  private readonly dir: string;

  constructor(options: VirtualMachineOptions) {
    this.dir = options.dir;
    this.child = this.start(options);
  }

  private start(options: VirtualMachineOptions): ChildProcess {
    const log = openSync(join(options.dir, 'qemu.log'), 'a');
    const command = ['setpriv', '--pdeathsig', 'KILL', 'qemu-system-x86_64', ...qemuArguments(options)] as const;
    const child = spawn(command[0], command.slice(1), { cwd: options.dir, stdio: ['ignore', log, log] });
    closeSync(log);
    child.on('error', () => {}); // told by `assertAlive`: a process that never started has no pid
    child.on('exit', (code) => {
      const { state: _, ...fresh } = options;
      if (code === 0) this.child = this.start(fresh); // the guest has rebooted
    });
    return child;
  }

  /** Throws with QEMU's words when it is gone. */
  assertAlive(): void {
    if (this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null) return;
    throw new Error(`expected QEMU to run, found it ended: ${readFileSync(join(this.dir, 'qemu.log'), 'utf8')}`);
  }

  /** Writes memory and devices to `file` and ends; the disk stays as it was at that moment. */
  async saveState(file: string): Promise<void> {
    await this.withControl(async (qmp) => {
      await qmp.execute('stop');
      await qmp.execute('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
      await qmp.execute('migrate', { uri: `exec:cat > ${file}` });
      for (let status = ''; status !== 'completed'; await sleep(100)) {
        ({ status } = (await qmp.execute('query-migrate')) as { status: string });
        if (status === 'failed' || status === 'cancelled') throw new Error(`expected QEMU to save the guest's state, found it ${status}`);
      }
    });
    await this.kill();
  }

  /** Lets it go on when its saved state is read: it was saved while it stood still. */
  resume(): Promise<void> {
    return this.withControl(async (qmp) => {
      while (((await qmp.execute('query-status')) as { status: string }).status === 'inmigrate') await sleep(50);
      await qmp.execute('cont');
    });
  }

  /** Runs one QMP command: `stop`, `cont`, `system_reset` … */
  command(name: string, args?: Record<string, unknown>): Promise<unknown> {
    return this.withControl((qmp) => qmp.execute(name, args));
  }

  /** As if its plug were pulled. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  private async withControl<T>(work: (qmp: Qmp) => Promise<T>): Promise<T> {
    const path = join(this.dir, 'qmp.sock');
    while (!existsSync(path)) {
      this.assertAlive();
      await sleep(50);
    }
    const socket = connect(path);
    try {
      return await work(await Qmp.open(socket, 30_000));
    } finally {
      socket.destroy();
    }
  }
}

function qemuArguments(options: VirtualMachineOptions): string[] {
  const { image, memory, cpus, ports, state } = options;
  const forwards = [...ports].map(([host, guest]) => `,hostfwd=tcp:127.0.0.1:${host}-:${guest}`).join('');
  return [
    ...['-nodefaults', '-display', 'none', '-action', 'reboot=shutdown'],
    ...['-M', 'q35', '-accel', 'tcg', '-cpu', image.recipe.cpu, '-m', `${memory}`, '-smp', `${cpus}`],
    ...['-kernel', image.kernel, '-initrd', image.initrd, '-append', 'root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet'],
    ...['-drive', 'file=disk.qcow2,if=virtio,format=qcow2,discard=unmap,cache=unsafe'],
    ...['-netdev', `user,id=net${forwards}`, '-device', 'virtio-net-pci,netdev=net', '-device', 'virtio-rng-pci'],
    ...['-chardev', 'file,id=console,path=console.log,append=on', '-serial', 'chardev:console', '-qmp', 'unix:qmp.sock,server=on,wait=off'],
    ...(state === undefined ? [] : ['-incoming', `exec:cat ${state}`]),
  ];
}
