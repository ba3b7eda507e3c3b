import { printable } from '../../core/printable.ts';
import { tabwriter } from '../render/tabwriter.ts';
import type { MachineRow } from './machine-rows.ts';

export const LIST_TABLE = { minWidth: 5, tabWidth: 1, padding: 3, pad: ' ' } as const;

const HEADER = ['NAME', 'ACTIVE', 'DRIVER', 'STATE', 'URL', 'SWARM', 'DOCKER', 'ERRORS'].join('\t');

/** docker-machine's default table; what its default template gives, without the cost of templates. */
export function listTable(rows: readonly MachineRow[]): string[] {
  return tabwriter([HEADER, ...rows.map(cells)], LIST_TABLE);
}

function cells(row: MachineRow): string {
  const state = row.state === 'None' ? '' : row.state;
  return [row.name, row.active, row.driverName, state, row.url, row.swarm, row.dockerVersion, row.error].map(cell).join('\t');
}

/** A table's line must stay one, whatever a folder or a driver is called. */
const cell = (text: string): string => printable(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
