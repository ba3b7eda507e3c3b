/** QEMU's user network (libslirp) by its monitor: which ports of this computer lead into the guest. */
import type { PublishedPort } from '../forward/index.ts';

/** A port of this computer and where in the guest it leads. */
export interface HostForward {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** '' for the guest's own address. */
  readonly guestAddress: string;
}

/** The guest's address where it is not named (`-netdev user` without `net=`). */
const GUEST = '10.0.2.15';

/** Undefined for what this network cannot reach: it leads to IPv4 addresses only. */
export function hostForward({ protocol, port, address }: PublishedPort): HostForward | undefined {
  if (address.includes(':')) return undefined;
  return { protocol, port, guestAddress: address === '0.0.0.0' || address === GUEST ? '' : address };
}

export const forwardKey = ({ protocol, port, guestAddress }: HostForward): string => `${protocol} ${port} ${guestAddress}`;

/** `hostfwd_add` answers nothing when it did it. */
export function addCommand(netdev: string, address: string, { protocol, port, guestAddress }: HostForward): string {
  return `hostfwd_add ${netdev} ${protocol}:${address}:${port}-${guestAddress}:${port}`;
}

export function removeCommand(netdev: string, address: string, { protocol, port }: HostForward): string {
  return `hostfwd_remove ${netdev} ${protocol}:${address}:${port}`;
}

/** From `info usernet`: `TCP[HOST_FORWARD]  14  127.0.0.1 8080  10.0.2.15  8080  0  0`. Those of another address are not ours. */
export function parseForwards(text: string, address: string): HostForward[] {
  const lines = text.matchAll(/^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d+)\s+(\S+)\s+(\d+)\s/gm);
  return [...lines].flatMap(([, protocol, from, port, to]) => {
    if (from !== address && !(from === '*' && address === '0.0.0.0')) return [];
    return [{ protocol: protocol === 'TCP' ? 'tcp' : 'udp', port: Number(port), guestAddress: to === GUEST ? '' : (to ?? '') }];
  });
}
