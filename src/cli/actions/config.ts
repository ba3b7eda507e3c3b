import { join } from 'node:path';
import type { Action } from '../call.ts';
import { goQuote } from '../go-quote.ts';
import { withOneMachine } from '../pick-machines.ts';
import { checkedUrl } from './checked-url.ts';

/** Options for the docker CLI, for use as `docker $(tsmachine config m) …`. */
export const config: Action = async ({ session, args }) => {
  const { url, dir } = await withOneMachine(session, args.names, (machine) =>
    checkedUrl(session, machine, 'Error running connection boilerplate: '),
  );
  session.print('--tlsverify');
  for (const [option, file] of [
    ['tlscacert', 'ca.pem'],
    ['tlscert', 'cert.pem'],
    ['tlskey', 'key.pem'],
  ] as const)
    session.print(`--${option}=${goQuote(join(dir, file))}`);
  session.print(`-H=${url}`);
  return 0;
};
