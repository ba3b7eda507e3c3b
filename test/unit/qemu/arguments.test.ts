import type { BootImage } from 'tsmachine/driver';
import { describe, expect, it } from 'vitest';
import { type MachineShape, virtualMachine } from '../../../drivers/qemu/src/arguments.ts';

const image: BootImage = {
  dir: '/images/a,b',
  digest: 'sha256:00',
  cmdline: { base: 'console=ttyS0 quiet', tcg: 'nokaslr' },
  files: {
    kernel: '/images/a,b/vmlinux',
    initramfs: '/images/a,b/initramfs.cpio',
    root: '/images/a,b/root.squashfs',
    dataTemplate: '/images/a,b/data.qcow2',
  },
};
const shape: MachineShape = {
  name: 'myhost',
  uuid: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
  program: '/usr/bin/qemu-system-x86_64',
  accelerator: 'tcg',
  cpuCount: 1,
  memory: 1024,
  sshPort: 20022,
  enginePort: 20376,
  forward: '127.0.0.1',
};
const build = (change: Partial<MachineShape> = {}, os: NodeJS.Platform = 'linux') => virtualMachine({ ...shape, ...change }, image, { os });
/** The value after a flag; each flag's values when it comes more than once. */
const valuesOf = (args: readonly string[], flag: string) => args.flatMap((word, index) => (word === flag ? [args[index + 1]] : []));

describe("QEMU's arguments", () => {
  it('emulate one q35 CPU without cmpxchg16b under TCG, with the kernel arguments for TCG, and no watchdog', () => {
    const { args, silenceLimit } = build();
    expect(valuesOf(args, '-machine')).toEqual(['q35']);
    expect(valuesOf(args, '-accel')).toEqual(['tcg']);
    expect(valuesOf(args, '-cpu')).toEqual(['max,-cx16']);
    expect(valuesOf(args, '-smp')).toEqual(['1']);
    expect(valuesOf(args, '-append')).toEqual(['console=ttyS0 quiet nokaslr']);
    expect(silenceLimit).toBeUndefined();
  });

  it.each([
    ['linux', 'kvm', 'host'],
    ['darwin', 'hvf', 'host'],
    ['win32', 'whpx', 'max'],
  ] as const)('on %s use %s with CPU %s, watched', (os, accelerator, cpu) => {
    const { args, silenceLimit } = build({ accelerator, cpuCount: 2 }, os);
    expect(valuesOf(args, '-accel')).toEqual([accelerator]);
    expect(valuesOf(args, '-cpu')).toEqual([cpu]);
    expect(valuesOf(args, '-smp')).toEqual(['2']);
    expect(valuesOf(args, '-append')).toEqual(['console=ttyS0 quiet']);
    expect(silenceLimit).toBe(10_000);
  });

  it('name the disks by serial number, double the commas of paths, and write to the data disk alone', () => {
    const { args } = build();
    expect(valuesOf(args, '-drive')).toEqual([
      'if=none,id=root,file=/images/a,,b/root.squashfs,format=raw,readonly=on',
      'if=none,id=data,file=data.qcow2,format=qcow2,discard=unmap',
      'if=none,id=handover,file=handover.tar,format=raw,readonly=on',
    ]);
    const disks = valuesOf(args, '-device').filter((device) => device?.startsWith('virtio-blk-pci'));
    expect(disks).toEqual(['root', 'data', 'handover'].map((id) => `virtio-blk-pci,drive=${id},serial=tsm-${id}`));
  });

  it('forward SSH, and the engine under its own number, from the loopback address only', () => {
    expect(valuesOf(build().args, '-netdev')).toEqual(['user,id=net,hostfwd=tcp:127.0.0.1:20022-:22,hostfwd=tcp:127.0.0.1:20376-:20376']);
  });

  it('serve sockets by short relative names', () => {
    const { args, sockets } = build();
    expect(sockets).toEqual({ qmp: 'qmp.sock', console: 'console.sock', channel: 'channel.sock' });
    expect(valuesOf(args, '-chardev')).toContain('socket,id=qmp,path=qmp.sock,server=on,wait=off');
    expect(valuesOf(args, '-device')).toContain('virtserialport,chardev=channel,name=org.tsmachine.guest.0');
  });

  it('serve named pipes of the machine on Windows', () => {
    const { args, sockets } = build({ accelerator: 'whpx' }, 'win32');
    expect(sockets.qmp).toBe('\\\\.\\pipe\\tsmachine-6ba7b810-9dad-41d1-80b4-00c04fd430c8-qmp');
    expect(valuesOf(args, '-chardev')).toContain('pipe,id=qmp,path=tsmachine-6ba7b810-9dad-41d1-80b4-00c04fd430c8-qmp');
  });

  it('name the character devices in the order in which they are connected', () => {
    const ids = valuesOf(build({}, 'win32').args, '-chardev').map((device) => /id=(\w+)/.exec(device ?? '')?.[1]);
    expect(ids).toEqual(['channel', 'console', 'qmp']);
  });

  it('let QEMU lock a pid file and be known by its uuid', () => {
    const vm = build();
    expect(valuesOf(vm.args, '-pidfile')).toEqual([vm.pidFile]);
    expect(valuesOf(vm.args, '-uuid')).toEqual([vm.uuid]);
    expect(vm.args).toContain('-S');
  });
});
