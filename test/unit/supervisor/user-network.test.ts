import { describe, expect, it } from 'vitest';
import { addCommand, forwardKey, hostForward, parseForwards, removeCommand } from '../../../src/supervisor/user-network.ts';

/** As QEMU 7.2 prints it. */
const USERNET = [
  'Hub -1 (net):',
  '  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ',
  '  TCP[TIME_WAIT]     95       127.0.0.1 31748       10.0.2.15 31748     0     0',
  '  TCP[ESTABLISHED]   94       127.0.0.1 18080       10.0.2.15 18080     0     0',
  '  TCP[HOST_FORWARD]  97       127.0.0.1 18082       127.0.0.1 18082     0     0',
  '  TCP[HOST_FORWARD]  15       127.0.0.1 29583       10.0.2.15    22     0     0',
  '  TCP[HOST_FORWARD]  16       127.0.0.2 18083       10.0.2.15 18083     0     0',
  '  UDP[HOST_FORWARD]  96       127.0.0.1 18081       10.0.2.15 18081     0     0',
  '  UDP[236 sec]       98       10.0.2.15 51132        10.0.2.3    53     0     0',
  '',
].join('\r\n');

describe("QEMU's user network", () => {
  it('tells which ports of an address it holds', () => {
    expect(parseForwards(USERNET, '127.0.0.1')).toEqual([
      { protocol: 'tcp', port: 18082, guestAddress: '127.0.0.1' },
      { protocol: 'tcp', port: 29583, guestAddress: '' },
      { protocol: 'udp', port: 18081, guestAddress: '' },
    ]);
    expect(parseForwards('', '127.0.0.1')).toEqual([]);
  });

  it('leads to the address that the container published on; not to IPv6', () => {
    const to = (address: string) => hostForward({ protocol: 'tcp', port: 80, address })?.guestAddress;
    expect(['0.0.0.0', '10.0.2.15', '127.0.0.1', '172.17.0.1', '::', '::1'].map(to)).toEqual([
      '',
      '',
      '127.0.0.1',
      '172.17.0.1',
      undefined,
      undefined,
    ]);
  });

  it('is told in the words of its monitor, and what it then lists is what was meant', () => {
    for (const address of ['0.0.0.0', '127.0.0.1']) {
      const forward = hostForward({ protocol: 'udp', port: 53, address }) ?? expect.fail();
      expect(addCommand('net', '127.0.0.1', forward)).toBe(`hostfwd_add net udp:127.0.0.1:53-${forward.guestAddress}:53`);
      expect(removeCommand('net', '127.0.0.1', forward)).toBe('hostfwd_remove net udp:127.0.0.1:53');
      const line = `  UDP[HOST_FORWARD]  96  127.0.0.1 53  ${forward.guestAddress || '10.0.2.15'} 53  0  0\r\n`;
      expect(parseForwards(line, '127.0.0.1').map(forwardKey)).toEqual([forwardKey(forward)]);
    }
  });
});
