import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePorts, isFree, portsOf } from '../../../drivers/qemu/src/ports.ts';

describe('ports', () => {
  it('are free, different, below the ephemeral range and nobody else’s', async () => {
    const first = await freePorts(20, new Set());
    expect(new Set(first).size).toBe(20);
    for (const port of first) expect(port).toBeLessThan(32_768);
    const others = await freePorts(20, new Set(first));
    expect(others.filter((port) => first.includes(port))).toEqual([]);
  });

  it('are not free while a process listens, on the loopback or on every address', async () => {
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, host, () => resolve()));
      const { port } = server.address() as { port: number };
      expect(await isFree(port), host).toBe(false);
      await new Promise((resolve) => server.close(resolve));
      expect(await isFree(port), host).toBe(true);
    }
  });

  it('of the other machines are read from their states; broken ones have none', () => {
    const states = ['{"SSHPort":20001,"EnginePort":20002}', '{"SSHPort":0}', '{', 'null', '{"SSHPort":"20009"}'];
    expect(portsOf(states)).toEqual(new Set([20001, 20002]));
  });
});
