import { MachineError } from '../../core/errors.ts';
import type { Call } from '../call.ts';
import { isExpected } from '../expected-error.ts';
import { shortDigest } from '../image-text.ts';
import { MachineCommand } from '../machine-command.ts';

export default class ImageRm extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<undefined> {
    if (args.names.length === 0) throw new MachineError('USAGE', 'Error: Expected to get one or more image digests as arguments');
    const { images } = await session.machines();
    const errors: string[] = [];
    for (const reference of args.names) {
      try {
        session.print(`Successfully removed ${shortDigest(await images.remove(reference))}`);
      } catch (error) {
        session.input.signal.throwIfAborted();
        if (!isExpected(error)) throw error;
        errors.push(`Error removing image "${reference}": ${error.message}`);
      }
    }
    if (errors.length > 0) throw new MachineError('REMOVE_FAILED', errors.join('\n'));
  }
}
