import { intFlag } from '../../driver/flags.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import type { Action } from '../call.ts';
import { tabwriter } from '../render/tabwriter.ts';
import { type MachineRow, machineRows } from './machine-rows.ts';

const HEADER = ['NAME', 'ACTIVE', 'DRIVER', 'STATE', 'URL', 'SWARM', 'DOCKER', 'ERRORS'].join('\t');
const TABLE = { minWidth: 5, tabWidth: 1, padding: 3, pad: ' ' } as const;

export const ls: Action = async ({ session, args }) => {
  const rows = await machineRows(session, { timeout: intFlag(args.values, 'timeout') * 1000, version: !boolFlag(args.values, 'quiet') });
  if (boolFlag(args.values, 'quiet')) {
    for (const row of rows) session.print(row.name);
    return 0;
  }
  for (const line of tabwriter([HEADER, ...rows.map(cells)], TABLE)) session.print(line);
  return 0;
};

function cells(row: MachineRow): string {
  return [row.name, row.active, row.driverName, row.state === 'None' ? '' : row.state, row.url, '', row.dockerVersion, row.error].join(
    '\t',
  );
}
