/** Addresses of the default bridge. */
import { describe, expect, it } from 'vitest';
import { AddressPool, macOf, Subnet } from '../../../src/engine/networks/ipv4.ts';

describe('Subnet', () => {
  it('reads --bip', () => {
    const subnet = new Subnet('172.17.0.1/16');
    expect([subnet.cidr, subnet.gateway, subnet.prefixLength]).toEqual(['172.17.0.0/16', '172.17.0.1', 16]);
    expect(new Subnet('192.168.200.129/25').cidr).toBe('192.168.200.128/25');
    expect(subnet.contains('172.17.255.254')).toBe(true);
    expect(subnet.contains('172.18.0.1')).toBe(false);
  });

  it.each(['', '172.17.0.1', '172.17.0.0/16', '1.2.3/8', '1.2.3.4/33', '1.2.3.4/31', 'x/16'])('refuses %j', (text) => {
    expect(() => new Subnet(text)).toThrow(`invalid CIDR address: ${text}`);
  });
});

describe('AddressPool', () => {
  it('gives the lowest free address, .2 first', () => {
    const pool = new AddressPool(new Subnet('172.17.0.1/16'));
    expect([pool.take(), pool.take(), pool.take()]).toEqual(['172.17.0.2', '172.17.0.3', '172.17.0.4']);
    pool.release('172.17.0.3');
    pool.release('172.17.0.1');
    pool.claim('172.17.0.5');
    expect([pool.take(), pool.take()]).toEqual(['172.17.0.3', '172.17.0.6']);
  });

  it('ends before the broadcast address', () => {
    const pool = new AddressPool(new Subnet('10.0.0.2/30'));
    expect([pool.take(), pool.take()]).toEqual(['10.0.0.1', undefined]);
  });
});

it('makes the link address from the IP address', () => expect(macOf('172.17.0.2')).toBe('02:42:ac:11:00:02'));
