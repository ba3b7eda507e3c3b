import type { Action } from '../call.ts';
import { withOneMachine } from '../pick-machines.ts';

export const url: Action = async ({ session, args }) => {
  session.print(await withOneMachine(session, args.names, (machine) => machine.url()));
  return 0;
};
