import { isIPv4 } from 'node:net';
import { type BaseState, MachineError, messageOf } from 'tsmachine/driver';

export const DEFAULT_FORWARD = '127.0.0.1';

/** What config.json keeps of a QEMU machine. Sizes in MB. */
export interface QemuState extends BaseState {
  /** On 127.0.0.1, and in the guest. 0 until chosen. */
  EnginePort: number;
  CPU: number;
  Memory: number;
  DiskSize: number;
  /** As asked for: auto, kvm, hvf, whpx, tcg. */
  Accelerator: string;
  Program: string;
  /** As asked for: '' is the store's current image at `create`. */
  BootImage: string;
  /** Digest of the image the machine boots from; '' before `create` chose. */
  BootImageDigest: string;
  /** IPv4 address of this computer that published ports are led to; '' for nowhere. Not in machines of older versions. */
  Forward?: string;
  /** The system's UUID in the guest, and how its QEMU process is known. */
  UUID: string;
}

/** Throws `DRIVER_STATE` when the text is not what `serialize` writes. */
export function parseState(text: string, machineName: string): QemuState {
  let found: Partial<QemuState> | null = null;
  try {
    found = JSON.parse(text) as Partial<QemuState> | null;
  } catch (error) {
    throw broken(machineName, messageOf(error));
  }
  for (const key of ['SSHPort', 'EnginePort', 'CPU', 'Memory', 'DiskSize'] as const) {
    if (typeof found?.[key] !== 'number') throw broken(machineName, `${key} is not a number`);
  }
  for (const key of ['Accelerator', 'Program', 'BootImage', 'BootImageDigest', 'UUID', 'SSHKeyPath', 'SSHUser'] as const) {
    if (typeof found?.[key] !== 'string') throw broken(machineName, `${key} is not a text`);
  }
  if (found?.Forward !== undefined && found.Forward !== '' && !isIPv4(String(found.Forward)))
    throw broken(machineName, 'Forward is not an IPv4 address');
  return found as QemuState;
}

function broken(machineName: string, reason: string): MachineError {
  return new MachineError(
    'DRIVER_STATE',
    `Driver qemu: the stored state of machine ${JSON.stringify(machineName)} cannot be read: ${reason}`,
  );
}
