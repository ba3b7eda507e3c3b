/** Forwards kept what containers publish, with a real QEMU that never runs its guest, and real ports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFree } from '../../../drivers/qemu/src/ports.ts';
import type { PublishedPort } from '../../../src/forward/index.ts';
import { connect } from '../../../src/supervisor/address.ts';
import { PortForwards } from '../../../src/supervisor/port-forwards.ts';
import { Qmp } from '../../../src/supervisor/qmp.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { until } from './tiny-vm.ts';

type Monitor = (command: string) => Promise<string>;

let qemus: ChildProcess[];
let monitor: Monitor;
let open: PortForwards[];
let others: Server[];
let told: string[];

/** Its human monitor. */
async function startQemu(own: number): Promise<Monitor> {
  const path = `${temporaryFolder()}/qmp.sock`;
  const network = ['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${own}-:22`, '-device', 'virtio-net-pci,netdev=net'];
  const words = ['-S', '-nodefaults', '-display', 'none', '-M', 'pc', '-accel', 'tcg', ...network];
  qemus.push(spawn('qemu-system-x86_64', [...words, '-qmp', `unix:${path},server=on,wait=off`], { stdio: 'ignore' }));
  let socket: Awaited<ReturnType<typeof connect>> | undefined;
  await until(async () => {
    socket = await connect(path).catch(() => undefined);
    return socket !== undefined;
  });
  const qmp = await Qmp.open(
    (socket ?? expect.fail()).on('error', () => {}),
    60_000,
  );
  return async (command) => String(await qmp.execute('human-monitor-command', { 'command-line': command }));
}

beforeEach(async () => {
  [qemus, open, others, told] = [[], [], [], []];
  monitor = await startQemu(18320);
});

afterEach(() => {
  for (const forwards of open) forwards.close();
  for (const other of others) other.close();
  for (const qemu of qemus) qemu.kill('SIGKILL');
});

const forwards = (own = 18320, by = monitor) => {
  const made = new PortForwards({ netdev: 'net', address: '127.0.0.1', own: [own] }, by, (line) => void told.push(line));
  open.push(made);
  return made;
};
const tcp = (port: number, address = '0.0.0.0'): PublishedPort => ({ protocol: 'tcp', address, port });
const udp = (port: number): PublishedPort => ({ protocol: 'udp', address: '0.0.0.0', port });

describe('forwards of published ports', () => {
  it('are those that were wanted last, and the machine’s own stay', async () => {
    const kept = forwards();
    for (const ports of [[tcp(18321), udp(18321)], [], [tcp(18322), tcp(18321, '127.0.0.1')], [tcp(18321), tcp(18323)]]) kept.want(ports);
    expect(await kept.list()).toEqual([18321, 18323].map((port) => ({ protocol: 'tcp', port, addresses: ['127.0.0.1', '::1'] })));
    expect(await isFree(18322)).toBe(true);
    expect(await monitor('info usernet')).toContain('18320');
    kept.want([]);
    expect(await kept.list()).toEqual([]);
    expect([await isFree(18321), await isFree(18323), await isFree(18320)]).toEqual([true, true, false]);
  });

  it('are taken over from a supervisor that died', async () => {
    const first = forwards();
    first.want([tcp(18324), tcp(18325)]);
    await first.list();
    first.close();
    expect(await isFree(18324)).toBe(false);
    const second = forwards();
    second.want([tcp(18325), udp(18326)]);
    expect((await second.list()).map(({ port, addresses }) => [port, addresses[0]])).toEqual([
      [18325, '127.0.0.1'],
      [18326, '127.0.0.1'],
    ]);
    expect(await isFree(18324)).toBe(true);
  });

  it('that another program has, or IPv6 alone, are named once, and made when they can be', async () => {
    const other = createServer();
    others.push(other);
    await new Promise<void>((resolve) => other.listen(18327, '127.0.0.1', () => resolve()));
    const kept = forwards();
    kept.want([tcp(18327), tcp(18328, '::1'), tcp(18320)]);
    expect((await kept.list()).map(({ reason }) => reason)).toEqual([
      'taken by another program or machine',
      'QEMU leads to IPv4 addresses of the machine only',
      'taken by another program or machine',
    ]);
    kept.want([tcp(18327)]);
    expect(told.filter((line) => line.includes('18327'))).toHaveLength(1);
    other.close();
    await until(async () => (await kept.list())[0]?.reason === undefined);
  });

  it('are the first machine’s, until it lets go of them', async () => {
    const first = forwards();
    const second = forwards(18329, await startQemu(18329));
    const both = [tcp(18330), udp(18330)]; // two QEMUs could both have the UDP port
    first.want(both);
    await first.list();
    second.want(both);
    const taken = 'taken by another program or machine';
    expect((await second.list()).map(({ reason }) => reason)).toEqual([taken, taken]);
    first.want([]);
    await until(async () => (await second.list()).every(({ reason }) => reason === undefined));
  });
});
