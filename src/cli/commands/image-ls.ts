import { boolFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { imageSize, megabytes, shortDigest } from '../image-text.ts';
import { MachineCommand } from '../machine-command.ts';
import { refuseNames } from '../pick-machines.ts';
import { tabwriter } from '../render/tabwriter.ts';

const TABLE = { minWidth: 5, tabWidth: 1, padding: 3, pad: ' ' } as const;

export default class ImageLs extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<undefined> {
    refuseNames(args.names);
    const rows: string[][] = [];
    for (const image of await (await session.machines()).images.list()) {
      if ('reason' in image) rows.push([image.dir.split(/[\\/]/).at(-1) ?? '', '', '', '', image.reason.replace(/\s+/g, ' ')]);
      else {
        const { digest, version } = image.manifest;
        rows.push([shortDigest(digest), image.current ? '*' : '-', version, megabytes(imageSize(image.manifest)), '']);
      }
    }
    if (boolFlag(args.values, 'quiet')) for (const [digest = ''] of rows) session.print(digest);
    else
      for (const line of tabwriter(
        [['DIGEST', 'CURRENT', 'VERSION', 'SIZE', 'ERRORS'], ...rows].map((row) => row.join('\t')),
        TABLE,
      ))
        session.print(line);
  }
}
