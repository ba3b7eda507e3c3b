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
    const { dir, manifest } = await images.build(mirror === '' ? {} : { mirror });
    const seconds = ((session.input.clock.now() - started) / 1000).toFixed(1);
    session.print(`Built boot image ${shortDigest(manifest.digest)} in ${seconds} s: ${megabytes(imageSize(manifest))} in ${dir}`);
  }
}
