import { boolFlag } from '../arguments/cli-flag.ts';
import type { Action } from '../call.ts';
import { withOneMachine } from '../pick-machines.ts';
import { seesWarnings } from './ls.ts';

export const status: Action = ({ session, args }) =>
  withOneMachine(session, args.names, async (machine) => {
    const state = await machine.state();
    if (boolFlag(args.values, 'json')) session.print(await (await import('../json/machine-json.ts')).statusJson(machine, state));
    else session.print(state === 'None' ? '' : state);
    if (seesWarnings(session)) await (await import('../expiry-warning.ts')).warnOfExpiry(session, [machine]);
    return 0;
  });
