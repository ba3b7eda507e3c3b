import { MachineError } from '../core/errors.ts';

/** A host as ssh's -J names it. */
export interface Destination {
  readonly host: string;
  /** 0: what ssh_config says, else 22. */
  readonly port: number;
  /** '': what ssh_config says, else the user's own name. */
  readonly user: string;
}

/**
 * Jump hosts in ssh's own form, `[user@]host[:port],…`, IPv6 addresses in brackets, also as `ssh://` URIs; '' and `none` for no
 * jump. Throws `SSH_JUMP`.
 */
export function parseJumps(text: string): readonly Destination[] {
  return text === '' || text === 'none' ? [] : text.split(',').map((part) => parseDestination(part, text));
}

function parseDestination(part: string, whole: string): Destination {
  const match = /^(?:ssh:\/\/)?(?:([^\s@-]\S*)@)?(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^\s:@[\]/-][^\s:@[\]/]*))(?::(\d{1,5}))?\/?$/.exec(
    part.trim(),
  );
  const [, user = '', address, name, port = '0'] = match ?? [];
  const host = address ?? name;
  if (host === undefined || Number(port) > 65535)
    throw new MachineError('SSH_JUMP', `jump hosts: expected [user@]host[:port],… found ${JSON.stringify(whole)}`, {
      hint: 'an IPv6 address with a port stands in brackets: [2001:db8::1]:22',
    });
  return { host, port: Number(port), user };
}

/** `host:port`, an IPv6 address in brackets. */
export function placeOf(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
