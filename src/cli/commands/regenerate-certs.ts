import { MachineError } from '../../core/errors.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import { askYesNo } from '../ask.ts';
import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withMachines } from '../pick-machines.ts';

const QUESTION = 'Regenerate TLS machine certs?  Warning: this is irreversible. (y/n): ';

export default class RegenerateCerts extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    if (!boolFlag(args.values, 'force')) {
      const answer = await askYesNo(session.input, QUESTION);
      if (answer === undefined) throw new MachineError('NO_ANSWER', 'EOF', { hint: 'Without a terminal, say yes with --force' });
      if (!answer) return 0;
    }
    session.print('Regenerating TLS certificates');
    const clientCerts = boolFlag(args.values, 'client-certs');
    await withMachines(session, args.names, (machine) => machine.regenerateCerts({ clientCerts }));
    return 0;
  }
}
