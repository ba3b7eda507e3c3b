import type { Action } from '../call.ts';
import { withOneMachine } from '../pick-machines.ts';

export const status: Action = async ({ session, args }) => {
  const state = await withOneMachine(session, args.names, (machine) => machine.state());
  session.print(state === 'None' ? '' : state);
  return 0;
};
