import { stringFlag } from '../../driver/flags.ts';
import { builtInDrivers } from '../../plugins/index.ts';
import type { InstallOptions } from '../../plugins/installed/install.ts';
import { usageError } from '../arguments/usage-error.ts';
import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { reservedFlags } from '../reserved-flags.ts';

export default class DriverInstall extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<undefined> {
    const { acceptDriver, installDriver } = await import('../../plugins/installed/install.ts');
    const options: InstallOptions = { taken: builtInDrivers(), reserved: reservedFlags(), signal: session.input.signal };
    const accepted = stringFlag(args.values, 'accept');
    const [source, ...extra] = args.names;
    if (extra.length > 0 || (source === undefined) === (accepted === ''))
      throw usageError('Expected one package, tarball or folder', 'Or --accept NAME alone, for a driver that is installed');
    const { driver, version, digest } =
      source === undefined ? await acceptDriver(accepted, session.plugins, options) : await installDriver(source, session.plugins, options);
    session.print(`Installed driver ${driver.name}${version === '' ? '' : ` ${version}`} (${digest.slice(0, 19)})`);
    session.print(`Its flags: ${session.input.invocation.join(' ')} create --driver ${driver.name} --help`);
  }
}
