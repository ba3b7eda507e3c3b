import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publishedPorts } from '../../../src/forward/index.ts';

const entry = (IP: unknown, PublicPort: unknown, Type: unknown = 'tcp') => ({ IP, PrivatePort: 80, PublicPort, Type });
const ports = (...entries: unknown[]) => publishedPorts([{ Ports: entries }]);

describe('published ports', () => {
  it('are one for IPv4 and IPv6 of all addresses, however the engine orders them', () => {
    const all = [{ protocol: 'tcp', address: '0.0.0.0', port: 8080 }];
    expect(ports(entry('0.0.0.0', 8080), entry('::', 8080))).toEqual(all);
    expect(ports(entry('::', 8080), entry('0.0.0.0', 8080))).toEqual(all);
  });

  it('keep tcp and udp apart, and prefer all addresses to one', () => {
    expect(ports(entry('127.0.0.1', 53, 'udp'), entry('10.0.2.15', 53), entry('0.0.0.0', 53))).toEqual([
      { protocol: 'tcp', address: '0.0.0.0', port: 53 },
      { protocol: 'udp', address: '127.0.0.1', port: 53 },
    ]);
  });

  it('are not what is only exposed, nor of other protocols', () => {
    expect(ports({ PrivatePort: 80, Type: 'tcp' }, entry('0.0.0.0', 80, 'sctp'))).toEqual([]);
  });

  it('are ports and addresses, whatever the engine says', () => {
    const word = fc.oneof(fc.anything(), fc.constantFrom('tcp', 'udp', '0.0.0.0', '::', '1.2.3.4 x', 'a\nb', 0, 80, 65536, 1.5, -1));
    const something = fc.array(
      fc.oneof(fc.anything(), fc.record({ Ports: fc.array(fc.record({ IP: word, PublicPort: word, Type: word })) })),
    );
    fc.assert(
      fc.property(fc.oneof(something, fc.anything()), (containers) => {
        for (const { protocol, address, port } of publishedPorts(containers)) {
          expect(`${protocol} ${address} ${port}`).toMatch(/^(tcp|udp) [0-9a-f.:]+ \d{1,5}$/);
          expect(port >= 1 && port <= 65_535).toBe(true);
        }
      }),
    );
  });
});
