/** docker0 by netlink and nft, in a network namespace of its own so that the machine's stays as it is. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);

let folder: string;
let seen: Record<string, unknown>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'networks-'));
  const program = join(import.meta.dirname, 'networks-child.ts');
  const { stdout } = await run('unshare', ['--net', '--mount', process.execPath, '--no-warnings', program, folder], { timeout: 100_000 });
  seen = JSON.parse(stdout) as Record<string, unknown>;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the default bridge', () => {
  it('gives addresses as dockerd', () => {
    expect(seen.bridge).toBe(true);
    expect(seen.addresses).toEqual(['172.17.0.2', '172.17.0.3']);
    expect(seen.inside).toEqual(['lo inet 127.0.0.1/8', 'lo inet6 ::1/128', 'eth0 inet 172.17.0.2/16']);
    expect(seen.link).toBe('mtu 1400');
    expect(seen.route).toBe('default via 172.17.0.1 dev eth0');
  });

  it('publishes for both families, and chooses a port when none is given', () => {
    expect(seen.ports).toEqual([
      { containerPort: '80/tcp', hostIp: '0.0.0.0', hostPort: 8080 },
      { containerPort: '80/tcp', hostIp: '::', hostPort: 8080 },
      { containerPort: '80/tcp', hostIp: '127.0.0.1', hostPort: expect.any(Number) },
      { containerPort: '53/udp', hostIp: '0.0.0.0', hostPort: 5353 },
    ]);
  });

  it('leads this host and containers to published ports', () => {
    expect(seen.localhost).toBe('hello 172.17.0.1');
    expect(seen.second).toBe('hello 172.17.0.1');
    expect(seen.udp).toBe('udp x');
    expect(seen.ipv6).toBe('hello 172.17.0.1');
    expect(seen.fromOther).toBe('hello 172.17.0.1');
    expect(seen.fromItself).toBe('hello 172.17.0.1');
    expect(seen.direct).toBe('hello 172.17.0.3');
  });

  it('keeps containers from what is published on, or listens on, the loopback of this host', () => {
    expect(seen.loopbackOnly).toBe('ECONNREFUSED');
    expect(seen.hostLoopback).toBe('timeout');
  });

  it('tells of taken ports as dockerd', () => {
    const prefix =
      /^failed to set up container networking: driver failed programming external connectivity on endpoint third \([0-9a-f]{64}\): /;
    expect(String(seen.taken).replace(prefix, '')).toBe('Bind for 0.0.0.0:8080 failed: port is already allocated');
    expect(String(seen.foreign).replace(prefix, '')).toBe(
      'failed to bind host port for 127.0.0.1:9090:172.17.0.4:1/tcp: address already in use',
    );
  });

  it('makes its rules anew, and comes through where a policy drops what is forwarded', () => {
    expect(seen.afterFlush).toBe('hello 172.17.0.1');
    expect(seen.afterRefresh).toBe('hello 172.17.0.1');
    expect(seen.dropped).toBe('timeout');
    expect(seen.outward).toBe('hello 10.9.0.1');
    expect(seen.inward).toBe('hello 10.9.0.2');
    expect(seen.admitted).toBe(4); // the policy, two rules, the end
  });

  it('takes over from an engine that went, and clears up', () => {
    expect(seen.afterRestart).toBe('hello 172.17.0.1');
    expect(seen.freed).toBe('172.17.0.3');
    expect(seen.afterDisconnect).toBe('ECONNREFUSED');
    expect(seen.again).toBe('172.17.0.2');
    expect(seen.rules).toBe(false);
  });
});
