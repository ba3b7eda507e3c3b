import { MachineError } from '../../core/errors.ts';
import { stringFlag } from '../../driver/flags.ts';
import type { MachineSsh } from '../../machine/api.ts';
import { fingerprint } from '../../ssh/index.ts';
import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withOneMachine } from '../pick-machines.ts';
import type { Session } from '../session.ts';

/** Shows a machine's SSH host keys, pinned ones and those it shows now; accepts another one when its fingerprint is named. */
export default class HostKey extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    const accept = stringFlag(args.values, 'accept');
    if (accept !== '' && !/^SHA256:[A-Za-z0-9+/]{43}$/.test(accept))
      throw new MachineError('USAGE', `--accept: expected a fingerprint (SHA256:…), found ${JSON.stringify(accept)}`);
    return withOneMachine(session, args.names, async (machine) => {
      const ssh = await machine.ssh();
      if (!ssh) throw new MachineError('NO_SSH', `Error: driver "${machine.driverName}" of "${machine.name}" has no SSH`);
      if (accept === '') return showKeys(session, machine.name, ssh);
      await ssh.acceptHostKey(accept, session.input.signal);
      session.print(`The SSH host key ${accept} is trusted from now on.`);
      return 0;
    });
  }
}

/** 1 when the machine shows none of the pinned keys. */
async function showKeys({ input, print, warn }: Session, name: string, ssh: MachineSsh): Promise<number> {
  const shown = await ssh.shownHostKeys(input.signal);
  const pinned = ssh.hostKeys;
  for (const key of new Set([...pinned, ...shown])) {
    const state = pinned.includes(key) ? (shown.includes(key) ? 'pinned' : 'pinned, not shown') : 'shown, not pinned';
    print(`${(key.split(' ')[0] ?? '').padEnd(20)} ${fingerprint(key)} ${state}`);
  }
  if (pinned.length === 0 || pinned.some((key) => shown.includes(key))) return 0;
  const command = [...input.invocation, 'host-key', name, '--accept'].join(' ');
  warn(
    `None of the pinned keys is shown: another server answers there, or it has new keys. When you know why: ${command} ${fingerprint(shown[0] ?? '')}`,
  );
  return 1;
}
