import { MachineError } from '../../core/errors.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import { askYesNo } from '../ask.ts';
import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withMachines } from '../pick-machines.ts';
import { linesAsSteps } from '../render/progress.ts';
import type { Session } from '../session.ts';

const QUESTION = 'Regenerate TLS machine certs?  Warning: this is irreversible. (y/n): ';

export default class RegenerateCerts extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    if (!boolFlag(args.values, 'force')) {
      const answer = await askYesNo(session.input, QUESTION);
      if (answer === undefined) throw new MachineError('NO_ANSWER', 'EOF', { hint: 'Without a terminal, say yes with --force' });
      if (!answer) return 0;
    }
    session.print('Regenerating TLS certificates');
    if (!boolFlag(args.values, 'client-certs')) {
      await linesAsSteps(session, args.names, () => withMachines(session, args.names, (machine) => machine.regenerateCerts()));
      return 0;
    }
    session.print('Regenerating local certificates');
    await rotate(session, args.names);
    return 0;
  }
}

async function rotate(session: Session, given: readonly string[]): Promise<void> {
  const names = await withMachines(session, given, async ({ name }) => name); // nothing is begun when one is not there
  const machines = await session.machines();
  await machines.beginRotation();
  const [named] = await Promise.allSettled([
    linesAsSteps(session, names, () => withMachines(session, names, (machine) => machine.regenerateCerts({ clientCerts: true }))),
  ]);
  for (const { name, reason } of await machines.continueRotation(names))
    session.warn(`Machine "${name}" waits for the new certificates: ${reason}`);
  if (named.status === 'rejected') throw named.reason;
}
