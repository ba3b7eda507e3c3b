/** A VM that needs no image: a boot sector that writes one line on the serial port. And a look at what runs in a folder. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../../src/core/logger.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import type { VirtualMachine } from '../../../src/host/virtual-machine.ts';
import type { SupervisedPlace } from '../../../src/supervisor/place.ts';

/** xor ax,ax; mov ds,ax; mov si,text; next: lodsb; test al,al; jz end; mov dx,0x3f8; out dx,al; jmp next; end: hlt; jmp end */
const CODE = [0x31, 0xc0, 0x8e, 0xd8, 0xbe, 0x15, 0x7c, 0xac, 0x84, 0xc0, 0x74, 0x06, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf5, 0xf4, 0xeb, 0xfd];

export function newPlace(...below: string[]): SupervisedPlace & { dispose(): void } {
  const root = mkdtempSync(join(tmpdir(), 'tsm-test-'));
  const dir = join(root, ...below, 'm');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return {
    dir,
    platform: thisPlatform(),
    runner: processRunner(silentLogger),
    dispose() {
      for (const { pid } of processesWhere((cwd) => cwd.startsWith(root))) process.kill(pid, 'SIGKILL');
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** `says`: what it writes; '' for a guest that never writes a byte. */
export function tinyVm(dir: string, says = 'hello from the guest\n', more: Partial<VirtualMachine> = {}): VirtualMachine {
  const sector = Buffer.alloc(1 << 20);
  Buffer.concat([Buffer.from(CODE), Buffer.from(says)]).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  writeFileSync(join(dir, 'boot.img'), sector);
  const uuid = randomUUID();
  const sockets = { qmp: 'qmp.sock', console: 'console.sock', channel: 'channel.sock' };
  const characterDevices = Object.entries(sockets).flatMap(([id, path]) => ['-chardev', `socket,id=${id},path=${path},server=on,wait=off`]);
  const args = [
    ...['-nodefaults', '-display', 'none', '-S', '-M', 'pc', '-accel', 'tcg', '-m', '32', '-uuid', uuid, '-pidfile', 'qemu.pid'],
    ...characterDevices,
    ...['-mon', 'chardev=qmp,mode=control', '-serial', 'chardev:console'],
    ...['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=channel,name=org.tsmachine.guest.0'],
    ...['-drive', 'file=boot.img,format=raw'],
  ];
  return { program: 'qemu-system-x86_64', args, uuid, pidFile: 'qemu.pid', sockets, ...more };
}

/** Living processes whose working directory is `dir`. */
export function processesIn(dir: string): { pid: number; command: string }[] {
  return processesWhere((cwd) => cwd === dir);
}

function processesWhere(wanted: (workingDirectory: string) => boolean): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (!wanted(readlinkSync(`/proc/${name}/cwd`))) return [];
        return [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') }];
      } catch {
        return []; // gone meanwhile, or a zombie
      }
    });
}

export const qemuIn = (dir: string) => processesIn(dir).filter(({ command }) => command.includes('-pidfile'));
export const supervisorsIn = (dir: string) => processesIn(dir).filter(({ command }) => /supervisor(\/main\.ts|\.js)/.test(command));

/** Waits for something that must come true soon; fails by the test's own time limit otherwise. */
export async function until(truth: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await truth())) await new Promise((resolve) => setTimeout(resolve, 20));
}
