import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import { type FlagSpec, type FlagValues, intFlag, MachineError, stringFlag } from 'tsmachine/driver';
import { ACCELERATORS, type Accelerator } from './accelerators.ts';

export const FLAGS: readonly FlagSpec[] = [
  {
    name: 'qemu-cpu-count',
    type: 'int',
    env: 'QEMU_CPU_COUNT',
    default: 0,
    help: 'Number of CPUs for the machine (0: 1 under TCG, else 2)',
  },
  { name: 'qemu-memory', type: 'int', env: 'QEMU_MEMORY', default: 1024, help: 'Size of memory for the machine in MB' },
  {
    name: 'qemu-disk-size',
    type: 'int',
    env: 'QEMU_DISK_SIZE',
    default: 20_000,
    help: 'Size of the data disk in MB, allocated as it fills',
  },
  { name: 'qemu-accel', type: 'string', env: 'QEMU_ACCEL', default: 'auto', help: `Accelerator: auto, ${ACCELERATORS.join(', ')}` },
  {
    name: 'qemu-program',
    type: 'string',
    env: 'QEMU_PROGRAM',
    default: 'qemu-system-x86_64',
    help: 'QEMU program, a name on PATH or a path',
  },
  {
    name: 'qemu-forward',
    type: 'string',
    env: 'QEMU_FORWARD',
    default: '127.0.0.1',
    help: 'IPv4 address of this computer on which published ports of containers answer, or none',
  },
  { name: 'qemu-boot-image', type: 'string', env: 'QEMU_BOOT_IMAGE', help: "Another boot image: folder, archive or URL with '#sha256:…'" },
];

export interface QemuOptions {
  /** 0: by the accelerator. */
  readonly cpuCount: number;
  readonly memory: number;
  readonly diskSize: number;
  readonly accelerator: Accelerator | 'auto';
  readonly program: string;
  /** '': the store's current one. */
  readonly bootImage: string;
  /** IPv4 address of this computer; '' for none. */
  readonly forward: string;
}

/** The guest's kernel, root overlay and Node want this much. */
const LEAST_MEMORY = 512;

/** Throws `DRIVER_FLAG` on values that cannot be right. */
export function readFlags(values: FlagValues): QemuOptions {
  const accelerator = stringFlag(values, 'qemu-accel') || 'auto';
  if (accelerator !== 'auto' && !isAccelerator(accelerator)) {
    throw wrong('qemu-accel', `auto, ${ACCELERATORS.join(', ')}`, JSON.stringify(accelerator));
  }
  return {
    cpuCount: between(values, 'qemu-cpu-count', 0, 255),
    memory: between(values, 'qemu-memory', LEAST_MEMORY, 16 << 20),
    diskSize: between(values, 'qemu-disk-size', 1000, 1 << 30),
    accelerator,
    program: programFlag(stringFlag(values, 'qemu-program')),
    bootImage: stringFlag(values, 'qemu-boot-image'),
    forward: forwardFlag(stringFlag(values, 'qemu-forward')),
  };
}

function forwardFlag(value: string): string {
  if (value === 'none') return '';
  if (value === '' || value === 'localhost') return '127.0.0.1';
  if (isIPv4(value)) return value;
  throw wrong('qemu-forward', 'an IPv4 address of this computer, or none', JSON.stringify(value));
}

/** A path is made absolute: later commands are run from other folders. */
function programFlag(value: string): string {
  if (value === '') return 'qemu-system-x86_64';
  return /[/\\]/.test(value) ? resolve(value) : value;
}

function between(values: FlagValues, name: string, least: number, most: number): number {
  const value = intFlag(values, name);
  if (!Number.isInteger(value) || value < least || value > most)
    throw wrong(name, `a whole number from ${least} to ${most}`, String(value));
  return value;
}

function isAccelerator(word: string): word is Accelerator {
  return (ACCELERATORS as readonly string[]).includes(word);
}

function wrong(name: string, expected: string, found: string): MachineError {
  return new MachineError('DRIVER_FLAG', `--${name}: expected ${expected}, found ${found}`);
}
