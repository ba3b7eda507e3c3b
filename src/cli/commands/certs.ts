import type { StoreCertificate, StoreCertificates } from '../../machine/api.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { jsonText } from '../json/json-text.ts';
import { MachineCommand } from '../machine-command.ts';
import { tabwriter } from '../render/tabwriter.ts';

const HEADER = ['CERTIFICATE', 'SUBJECT', 'FROM', 'UNTIL', 'DAYS', 'STATE', 'NAMES', 'SHA-256'];
const TABLE = { minWidth: 5, tabWidth: 1, padding: 3, pad: ' ' } as const;

/** Lists certificates from the store's files; no machine is asked. */
export default class Certs extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<undefined> {
    const machines = await session.machines();
    for (const name of args.names) if (!(await machines.exists(name))) await machines.load(name); // throws, saying that there is none
    const list = await machines.certificates(args.names.length > 0 ? args.names : await machines.names());
    if (boolFlag(args.values, 'json')) {
      session.print(jsonText({ rotating: list.waiting !== undefined, waiting: list.waiting ?? [], certificates: list.certificates }));
      return;
    }
    for (const line of table(list)) session.print(line);
    if (list.waiting !== undefined)
      session.print(`\nA rotation goes on. Machines that wait for the new certificates: ${list.waiting.join(', ') || 'none'}`);
  }
}

function table({ certificates }: StoreCertificates): string[] {
  return tabwriter(
    [HEADER, ...certificates.map(cells)].map((row) => row.join('\t')),
    TABLE,
  );
}

function cells(certificate: StoreCertificate): string[] {
  const place = certificate.machine === undefined ? certificate.kind : `${certificate.machine} ${certificate.kind}`;
  if ('error' in certificate) return [place, '', '', '', '', 'unreadable', '', certificate.error.replace(/\s+/g, ' ')];
  const { subject, notBefore, notAfter, daysLeft, validity, names, fingerprint } = certificate;
  return [place, subject, notBefore.slice(0, 10), notAfter.slice(0, 10), String(daysLeft), validity, names.join(','), fingerprint];
}
