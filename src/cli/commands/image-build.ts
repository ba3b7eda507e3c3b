import { stringFlag } from '../../driver/flags.ts';
import type { Call } from '../call.ts';
import { imageSize, megabytes, shortDigest } from '../image-text.ts';
import { MachineCommand } from '../machine-command.ts';
import { refuseNames } from '../pick-machines.ts';

export default class ImageBuild extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<undefined> {
    refuseNames(args.names);
    const mirror = stringFlag(args.values, 'mirror');
    const started = session.input.clock.now();
    const { images } = await session.machines();
    const ifNeeded = args.values['if-needed'] === true;
    const { dir, manifest } = await images.build(mirror === '' ? { ifNeeded } : { mirror, ifNeeded });
    const seconds = ((session.input.clock.now() - started) / 1000).toFixed(1);
    session.print(`Boot image ${shortDigest(manifest.digest)} (${seconds} s): ${megabytes(imageSize(manifest))} in ${dir}`);
  }
}
