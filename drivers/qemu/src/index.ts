/** Driver `qemu`: a VM on this computer from our boot image, as an ordinary user, reached over 127.0.0.1. */
import { CONTRACT_VERSION, type DriverDefinition, isMachineError, type Platform, type Usability } from 'tsmachine/driver';
import { FLAGS } from './flags.ts';
import { findProgram } from './program.ts';
import { QemuDriver } from './qemu-driver.ts';

const definition: DriverDefinition = {
  contract: CONTRACT_VERSION,
  name: 'qemu',
  description: 'a VM on this computer, by QEMU',
  capabilities: { guest: 'boot-image', hostKey: 'given', power: true, sharedAddress: true },
  flags: FLAGS,
  usable,
  open: (context, state) => new QemuDriver(context, state),
};

export default definition;

async function usable(platform: Platform): Promise<Usability> {
  try {
    await findProgram(platform.env.QEMU_PROGRAM || 'qemu-system-x86_64', platform);
    return { usable: true };
  } catch (error) {
    if (!isMachineError(error)) throw error;
    return { usable: false, reason: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}
