import type { Machine } from '../machine/api.ts';
import type { Session } from './session.ts';

/**
 * Says which certificates of these machines have ended or will within 30 days, one line each. For terminals only: what scripts
 * read of `ls 2>&1` and `status 2>&1` stays as docker-machine's.
 */
export async function warnOfExpiry(session: Session, machines: readonly Machine[]): Promise<void> {
  const users = new Map<string, { text: string; command: string; names: string[] }>();
  for (const machine of machines) {
    for (const certificate of await machine.certificates()) {
      if ('error' in certificate || (certificate.validity !== 'soon' && certificate.validity !== 'expired')) continue;
      const { kind, daysLeft, notAfter, fingerprint } = certificate;
      const when = daysLeft < 0 ? `expired on ${notAfter.slice(0, 10)}` : `expires in ${daysLeft} days (${notAfter.slice(0, 10)})`;
      const command = kind === 'server' ? 'regenerate-certs' : 'regenerate-certs --client-certs';
      const known = users.get(fingerprint) ?? { text: `${kind === 'ca' ? 'CA' : kind} certificate ${when}`, command, names: [] };
      users.set(fingerprint, known);
      known.names.push(machine.name);
    }
  }
  for (const { text, command, names } of users.values()) {
    const words = [...session.input.invocation, command, ...names].join(' ');
    session.warn(`Warning: ${text}; machine${names.length > 1 ? 's' : ''} ${names.join(', ')}. Renew it with: ${words}`);
  }
}
