import { closeSync, openSync, writeFileSync } from 'node:fs';
import { bind, check } from './libc.ts';
import { MS_BIND, mount } from './mount.ts';
import { Netlink } from './netlink.ts';

const unshare = bind<[number]>('int unshare(int flags)');
const setns = bind<[number, number]>('int setns(int fd, int type)');

const CLONE_NEWNET = 0x40000000;
const OWN = '/proc/thread-self/ns/net';

/**
 * Runs a step in a new network namespace and comes back. Synchronous: only this thread is there, and nothing else of it
 * runs meanwhile. A thread that cannot come back must not go on: then the process ends.
 */
function inNewNetworkNamespace<Result>(step: () => Result): Result {
  const home = openSync(OWN, 'r');
  try {
    check('unshare', 'network namespace', unshare(CLONE_NEWNET));
    try {
      return step();
    } finally {
      comeBack(home);
    }
  } finally {
    closeSync(home);
  }
}

function comeBack(home: number): void {
  try {
    check('setns', 'back', setns(home, CLONE_NEWNET));
  } catch (error) {
    process.abort();
    throw error;
  }
}

/**
 * Makes a network namespace that lives as long as a file is mounted at `path`, without IPv6 on links to come (dockerd's
 * default bridge has none). Gives a netlink socket in it.
 */
export function createNetworkNamespace(path: string): Netlink {
  closeSync(openSync(path, 'wx', 0o600));
  return inNewNetworkNamespace(() => {
    mount(OWN, path, null, MS_BIND, null);
    try {
      writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
    } catch {
      // a kernel without IPv6
    }
    return new Netlink();
  });
}
