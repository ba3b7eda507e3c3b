/** QEMU's command line for our boot image. Relative names are files in the machine's folder, where QEMU runs. */
import type { BootImage, GuestEngine, Platform, VirtualMachine } from 'tsmachine/driver';
import { type Accelerator, SILENCE } from './accelerators.ts';

/** The driver's files in the machine's folder. */
export const FILES = { dataDisk: 'data.qcow2', handOver: 'handover.tar', pid: 'qemu.pid' } as const;

export interface MachineShape {
  readonly name: string;
  readonly uuid: string;
  readonly program: string;
  readonly accelerator: Accelerator;
  readonly cpuCount: number;
  /** MB. */
  readonly memory: number;
  /** On 127.0.0.1. */
  readonly sshPort: number;
  /** On 127.0.0.1, and in the guest: callers such as docker-machine look for the engine there on the same number. */
  readonly enginePort: number;
  /** IPv4 address of this computer that published ports are led to; '' for nowhere. */
  readonly forward: string;
}

/** What each accelerator wants. TCG: 6.12 panics now and then after an emulated cmpxchg16b, so the guest is not offered it. */
const CPU: Record<Accelerator, string> = { kvm: 'host', hvf: 'host', whpx: 'max', tcg: 'max,-cx16' };

export function virtualMachine(shape: MachineShape, image: BootImage, platform: Pick<Platform, 'os'>): VirtualMachine {
  const { accelerator, uuid, program } = shape;
  const sockets = {
    qmp: endpoint('qmp', uuid, platform),
    console: endpoint('console', uuid, platform),
    channel: endpoint('channel', uuid, platform),
  };
  const cmdline = accelerator === 'tcg' ? `${image.cmdline.base} ${image.cmdline.tcg}` : image.cmdline.base;
  const args = [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-S'],
    ...['-name', `guest=${escaped(shape.name)},debug-threads=off`, '-uuid', uuid, '-pidfile', FILES.pid],
    ...['-machine', 'q35', '-accel', accelerator, '-cpu', CPU[accelerator], '-smp', String(shape.cpuCount), '-m', String(shape.memory)],
    ...['-kernel', image.files.kernel, '-initrd', image.files.initramfs, '-append', cmdline.trim()],
    ...disk('root', image.files.root, 'raw', 'readonly=on'),
    ...disk('data', FILES.dataDisk, 'qcow2', 'discard=unmap'),
    ...disk('handover', FILES.handOver, 'raw', 'readonly=on'),
    ...['-netdev', network(shape), '-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-device', 'virtio-serial-pci'],
    ...characterDevice('channel', sockets.channel),
    ...['-device', 'virtserialport,chardev=channel,name=org.tsmachine.guest.0'],
    ...characterDevice('console', sockets.console),
    ...['-serial', 'chardev:console'],
    ...characterDevice('qmp', sockets.qmp),
    ...['-mon', 'chardev=qmp,mode=control'],
  ];
  const engine = guestEngine(shape);
  return { program, args, uuid, pidFile: FILES.pid, sockets, engine, ...(accelerator === 'tcg' ? {} : { silenceLimit: SILENCE }) };
}

/** The guest finds its disks by these serial numbers. */
function disk(id: string, file: string, format: string, option: string): string[] {
  const drive = `if=none,id=${id},file=${escaped(file)},format=${format},${option}`;
  return ['-drive', drive, '-device', `virtio-blk-pci,drive=${id},serial=tsm-${id}`];
}

function network({ sshPort, enginePort }: MachineShape): string {
  return `user,id=net,hostfwd=tcp:127.0.0.1:${sshPort}-:22,hostfwd=tcp:127.0.0.1:${enginePort}-:${enginePort}`;
}

function guestEngine({ sshPort, enginePort, forward }: MachineShape): GuestEngine {
  if (forward === '') return { port: enginePort };
  return { port: enginePort, forwarding: { netdev: 'net', address: forward, own: [sshPort, enginePort] } };
}

/** QEMU serves sockets by path; Node on Windows knows named pipes only, whose one name space needs a name of the machine's own. */
function endpoint(id: string, uuid: string, { os }: Pick<Platform, 'os'>): string {
  return os === 'win32' ? `\\\\.\\pipe\\tsmachine-${uuid}-${id}` : `${id}.sock`;
}

function characterDevice(id: string, address: string): string[] {
  const pipe = address.startsWith('\\\\.\\pipe\\');
  const where = pipe ? `pipe,id=${id},path=${address.slice('\\\\.\\pipe\\'.length)}` : `socket,id=${id},path=${address},server=on,wait=off`;
  return ['-chardev', where];
}

/** A comma in a value is written twice (QEMU's option syntax). */
function escaped(value: string): string {
  return value.replaceAll(',', ',,');
}
