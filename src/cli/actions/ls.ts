import { intFlag, stringFlag } from '../../driver/flags.ts';
import { boolFlag, stringsFlag } from '../arguments/cli-flag.ts';
import type { Action, Call } from '../call.ts';
import { filtered, parseListFilter } from './list-filter.ts';
import { listTable } from './list-table.ts';
import { type LoadedMachines, loadAll, type MachineRow, machineRows } from './machine-rows.ts';

export const ls: Action = async (call) => {
  const filter = parseListFilter(stringsFlag(call.args.values, 'filter'));
  const all = await loadAll(call.session);
  try {
    const chosen = await filtered(all.machines, filter);
    if (boolFlag(call.args.values, 'quiet')) for (const machine of chosen) call.session.print(machine.name);
    else await show(call, await machineRows(call.session, chosen, all, { timeout: timeoutOf(call), version: true }));
  } finally {
    await close(all);
  }
  return 0;
};

export const timeoutOf = ({ args }: Call): number => intFlag(args.values, 'timeout') * 1000;

/** A machine that did not answer in time may take as long to let go: nobody waits for it. */
export async function close({ machines }: LoadedMachines): Promise<void> {
  await Promise.race([
    Promise.allSettled(machines.map((machine) => machine.close())),
    new Promise((resolve) => setTimeout(resolve, 500).unref()),
  ]);
}

async function show({ session, args }: Call, rows: readonly MachineRow[]): Promise<void> {
  const format = stringFlag(args.values, 'format');
  if (format === '') {
    for (const line of listTable(rows)) session.print(line);
    return;
  }
  const { formatRows } = await import('./list-format.ts');
  const { TemplateError } = await import('../go-template/index.ts');
  try {
    session.input.stdout.write(formatRows(format, rows));
  } catch (error) {
    if (error instanceof TemplateError) session.input.stdout.write(error.output);
    throw error;
  }
}
