import { boolFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { copyPlace } from '../copy-place.ts';
import { MachineCommand } from '../machine-command.ts';
import { usageWithHelp } from '../usage-with-help.ts';

/** Mounts a folder of a machine here: `[user@][machine:]PATH [MOUNTPOINT]`, machine `default` and the same path when left out. */
export default class Mount extends MachineCommand {
  protected override async work(call: Call): Promise<number> {
    const { session, args } = call;
    const [word, mountPoint, ...more] = args.names;
    if (word === undefined || more.length > 0) throw usageWithHelp(call, 'Improper number of arguments');
    const place = { machine: 'default', ...copyPlace(word, session.input.platform.os) };
    const machines = await session.machines();
    if (boolFlag(args.values, 'unmount')) await machines.unmount(mountPoint ?? place.path, session.input);
    else await machines.mount(place, mountPoint ?? place.path, session.input);
    return 0;
  }
}
