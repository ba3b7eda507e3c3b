import { intFlag, stringFlag } from '../../driver/flags.ts';
import { boolFlag, stringsFlag } from '../arguments/cli-flag.ts';
import { usageError } from '../arguments/usage-error.ts';
import type { Action, Call } from '../call.ts';
import { forStream } from '../render/terminal-text.ts';
import type { Session } from '../session.ts';
import { filtered, type ListFilter, parseListFilter } from './list-filter.ts';
import { listTable } from './list-table.ts';
import { type LoadedMachines, loadAll, type MachineRow, machineRows } from './machine-rows.ts';

export const ls: Action = async (call) => {
  const { values } = call.args;
  const asJson = boolFlag(values, 'json');
  if (asJson && (boolFlag(values, 'quiet') || stringFlag(values, 'format') !== ''))
    throw usageError('--json goes with neither --quiet nor --format', 'Choose one');
  const filter = parseListFilter(stringsFlag(values, 'filter'));
  if (boolFlag(values, 'watch')) return (await import('./watch-list.ts')).watchList(call, (indent) => listText(call, filter, indent));
  call.session.input.out.write(forStream(call.session.input.out, await listText(call, filter)));
  return 0;
};

/** What `ls` shows, ended by a newline; nothing for an empty list of names. */
async function listText(call: Call, filter: ListFilter, indent?: 'one line'): Promise<string> {
  const all = await loadAll(call.session);
  try {
    const chosen = await filtered({ all, timeout: timeoutOf(call) }, filter);
    if (boolFlag(call.args.values, 'quiet')) return chosen.map(({ name }) => `${name}\n`).join('');
    const rows = await machineRows(call.session, chosen, all, { timeout: timeoutOf(call), version: true });
    if (boolFlag(call.args.values, 'json')) return `${await (await import('../json/machine-json.ts')).listJson(rows, indent)}\n`;
    if (seesWarnings(call.session)) await (await import('../expiry-warning.ts')).warnOfExpiry(call.session, chosen);
    return await table(call, rows);
  } finally {
    await close(all);
  }
}

export const timeoutOf = ({ args }: Call): number => intFlag(args.values, 'timeout') * 1000;

/** A person does; scripts read `ls 2>&1` and `status 2>&1`. */
export const seesWarnings = ({ input }: Session): boolean => input.out.isTTY === true && input.err.isTTY === true;

/** A machine that did not answer in time may take as long to let go: nobody waits for it. */
export async function close({ machines }: LoadedMachines): Promise<void> {
  await Promise.race([
    Promise.allSettled(machines.map((machine) => machine.close())),
    new Promise((resolve) => setTimeout(resolve, 500).unref()),
  ]);
}

async function table({ session, args }: Call, rows: readonly MachineRow[]): Promise<string> {
  const format = stringFlag(args.values, 'format');
  if (format === '') return `${listTable(rows).join('\n')}\n`;
  const { formatRows } = await import('./list-format.ts');
  const { TemplateError } = await import('../go-template/index.ts');
  try {
    return formatRows(format, rows);
  } catch (error) {
    if (error instanceof TemplateError) session.input.out.write(error.output);
    throw error;
  }
}
