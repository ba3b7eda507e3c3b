import type { ForwardedPort, LocalPorts } from '../../host/virtual-machine.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { jsonText } from '../json/json-text.ts';
import { MachineCommand } from '../machine-command.ts';
import { withOneMachine } from '../pick-machines.ts';
import { tabwriter } from '../render/tabwriter.ts';

const HEADER = ['PORT', 'ADDRESS', 'STATE'];
const TABLE = { minWidth: 5, tabWidth: 1, padding: 3, pad: ' ' } as const;

/** What containers of a machine publish, as it answers here. */
export default class Ports extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<undefined> {
    const found = await withOneMachine(session, args.names, (machine) => machine.localPorts());
    const address = socketAddress(found.socket);
    if (boolFlag(args.values, 'socket')) session.print(address);
    else if (boolFlag(args.values, 'json')) session.print(jsonText({ ...found, socket: address }));
    else printTable(session, found);
    if (found.trouble !== undefined) session.log.warn(`The list may be old: ${found.trouble}`);
  }
}

function printTable(session: Call['session'], { ports }: LocalPorts): void {
  const rows = [HEADER, ...ports.map(cells)].map((row) => row.join('\t'));
  for (const line of tabwriter(rows, TABLE)) session.print(line);
}

function cells({ protocol, port, addresses, reason }: ForwardedPort): string[] {
  return [`${port}/${protocol}`, addresses.join(', ') || '-', reason ?? 'open'];
}

/** As `docker -H` takes it. */
function socketAddress(path: string): string {
  if (path.startsWith('\\\\.\\pipe\\')) return `npipe:////./pipe/${path.slice('\\\\.\\pipe\\'.length)}`;
  return path === '' ? '' : `unix://${path}`;
}
