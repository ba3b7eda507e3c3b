import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import qemu from '@tsmachine/driver-qemu';
import { afterEach, describe, expect, it } from 'vitest';
import { isFree } from '../../../drivers/qemu/src/ports.ts';
import { startVm } from '../../../drivers/qemu/src/start-vm.ts';
import type { QemuState } from '../../../drivers/qemu/src/state.ts';
import type { Driver, DriverContext, FlagValues } from '../../../src/driver/index.ts';
import { processesIn, qemuIn, until } from '../supervisor/tiny-vm.ts';
import { type Bench, disposeBench, newBench } from './context.ts';

const defaults = Object.fromEntries(qemu.flags.map(({ name, default: value = '' }) => [name, value]));
const tcg = { ...defaults, 'qemu-accel': 'tcg', 'qemu-memory': 512 };
const benches: Bench[] = [];
const listeners: Server[] = [];
const bench = (...args: Parameters<typeof newBench>) => {
  const made = newBench(...args);
  benches.push(made);
  return made;
};

afterEach(async () => {
  for (const server of listeners.splice(0)) server.close();
  for (const made of benches.splice(0)) {
    for (const name of ['m', 'a', 'b', 'c', 'd']) for (const { pid } of processesIn(made.dir(name))) process.kill(pid, 'SIGKILL');
    disposeBench(made);
  }
});

const stateOf = (driver: Driver) => JSON.parse(driver.serialize()) as QemuState;
const occupy = async (port: number) => {
  const server = createServer();
  listeners.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
};
async function created(store: Bench, name: string, change?: Partial<DriverContext>, flags: FlagValues = tcg) {
  const context = store.context(name, change);
  const driver = qemu.open(context, undefined);
  await driver.configure(flags);
  await driver.create();
  return { driver, context };
}

describe('a QEMU machine', () => {
  it('is created, killed, started and removed', async () => {
    const store = bench();
    const { driver } = await created(store, 'm');
    const { SSHPort, EnginePort } = stateOf(driver);
    expect(await driver.state()).toBe('Running');
    expect(await driver.url()).toBe(`tcp://127.0.0.1:${EnginePort}`);
    expect(await driver.ip()).toBe('127.0.0.1');
    expect(await driver.ssh()).toEqual({ host: '127.0.0.1', port: SSHPort, user: 'docker', keyPath: join(store.dir('m'), 'id_rsa') });
    for (const port of [SSHPort, EnginePort]) expect(await isFree(port)).toBe(false);

    await driver.kill();
    expect(await driver.state()).toBe('Stopped');
    await expect(driver.url()).rejects.toThrow(/^Host is not running$/);
    await driver.kill();
    await driver.stop();

    const again = qemu.open(store.context('m'), driver.serialize());
    await again.start();
    await again.start();
    expect(await again.state()).toBe('Running');
    expect(qemuIn(store.dir('m'))).toHaveLength(1);
    expect(stateOf(again)).toEqual(stateOf(driver)); // the ports too

    await again.remove();
    await again.remove();
    expect(await again.state()).toBe('Stopped');
    await until(() => processesIn(store.dir('m')).length === 0);
    for (const file of ['data.qcow2', 'handover.tar', 'vm.json']) expect(existsSync(join(store.dir('m'), file)), file).toBe(false);
    for (const port of [SSHPort, EnginePort]) expect(await isFree(port)).toBe(true);
  });

  it('is Stopped, not guessed, when its QEMU is killed', async () => {
    const store = bench();
    const { driver } = await created(store, 'm');
    for (const { pid } of qemuIn(store.dir('m'))) process.kill(pid, 'SIGKILL');
    await until(async () => (await driver.state()) === 'Stopped');
    await expect(driver.url()).rejects.toThrow('Host is not running');
  });

  it('is in state Error when its QEMU hangs, and can be killed then', async () => {
    const store = bench();
    const { driver } = await created(store, 'm');
    for (const { pid } of qemuIn(store.dir('m'))) process.kill(pid, 'SIGSTOP');
    expect(await driver.state()).toBe('Error');
    await driver.kill();
    expect(await driver.state()).toBe('Stopped');
  });

  it('tells of a port that was taken while it was stopped, and has another one then', async () => {
    const store = bench();
    const { driver } = await created(store, 'm');
    await driver.kill();
    const before = stateOf(driver);
    await occupy(before.EnginePort);
    const context = store.context('m');
    const again = qemu.open(context, driver.serialize());
    await again.start();
    const after = stateOf(again);
    expect(after.SSHPort).toBe(before.SSHPort);
    expect(after.EnginePort).not.toBe(before.EnginePort);
    expect(context.told).toContainEqual(
      `WARN Port ${before.EnginePort} on 127.0.0.1 is taken by another program: m now has ${after.EnginePort} for its engine`,
    );
    expect(store.stored('m')).toBe(again.serialize());
    expect(readFileSync(join(store.dir('m'), 'handover.tar'), 'utf8')).toContain(`engine/port ${after.EnginePort}\n`);
    expect(await again.url()).toBe(`tcp://127.0.0.1:${after.EnginePort}`);
  });

  it('chooses again when a port is taken between the look and the bind', async () => {
    const store = bench();
    let first = true;
    const plain = store.context('m');
    const supervise: DriverContext['supervise'] = async (vm) => {
      if (first) await occupy(Number(/hostfwd=tcp:127\.0\.0\.1:(\d+)-:22/.exec(vm.args.join(' '))?.[1]));
      first = false;
      return plain.supervise(vm);
    };
    const { driver } = await created(store, 'm', { supervise });
    expect(first).toBe(false);
    expect(await driver.state()).toBe('Running');
    expect(store.stored('m')).toBe(driver.serialize());
  });

  it('keeps its ports to itself among four created at once, and while it is stopped', async () => {
    const store = bench();
    const names = ['a', 'b', 'c', 'd'];
    const drivers = await Promise.all(names.map(async (name) => (await created(store, name)).driver));
    const ports = drivers.flatMap((driver) => [stateOf(driver).SSHPort, stateOf(driver).EnginePort]);
    expect(new Set(ports).size).toBe(8);
    for (const driver of drivers) expect(await driver.state()).toBe('Running');
  });

  it('falls back to TCG, in one line, when the accelerator chosen does not start it', async () => {
    const store = bench();
    const { driver, context } = await created(store, 'm');
    await driver.kill();
    const start = {
      context,
      image: await context.bootImage(),
      state: () => stateOf(driver),
      replacePorts: async () => {},
    };
    const lines = context.told.length;
    await startVm(start, [
      { accelerator: 'whpx', reason: 'usable here' }, // not compiled into any QEMU on Linux
      { accelerator: 'tcg', reason: 'last resort' },
    ]);
    expect(await driver.state()).toBe('Running');
    expect(context.told.slice(lines)).toEqual([
      'Using whpx acceleration: usable here',
      expect.stringMatching(/^The machine does not start under whpx \(.*whpx.*\); using software emulation \(tcg\) instead$/),
    ]);
  });

  it('fails with the reason when the accelerator that was asked for does not work; nothing runs then', async () => {
    const store = bench();
    await expect(created(store, 'm', {}, { ...tcg, 'qemu-accel': 'whpx' })).rejects.toMatchObject({ code: 'ACCELERATOR' });
    await until(() => processesIn(store.dir('m')).length === 0);
    expect(await store.context('m').vmAlive()).toBe(false);
  });

  it('has a disk as large as asked for, if that is more than the image’s', async () => {
    const store = bench();
    await created(store, 'm', {}, { ...tcg, 'qemu-disk-size': 40_000 });
    const header = readFileSync(join(store.dir('m'), 'data.qcow2')).subarray(0, 32);
    expect(Number(header.readBigUInt64BE(24))).toBe(40_000_000_000);
  });

  it('is not created from a data template that is no disk', async () => {
    const store = bench();
    writeFileSync(join(store.root, 'image', 'data.qcow2'), 'garbage');
    await expect(created(store, 'm')).rejects.toMatchObject({ code: 'IMAGE_BROKEN' });
    expect(existsSync(join(store.dir('m'), 'data.qcow2.new'))).toBe(false);
  });

  it('says which key of a stored state is wrong', async () => {
    const { driver, context } = await created(bench(), 'm');
    expect(() => qemu.open(context, '{')).toThrow(/stored state of machine "m" cannot be read/);
    expect(() => qemu.open(context, 'null')).toThrow('SSHPort is not a number');
    const { UUID: _gone, ...rest } = stateOf(driver);
    expect(() => qemu.open(context, JSON.stringify(rest))).toThrow('UUID is not a text');
  });

  it('needs QEMU: else exit code 3 and the package to install', async () => {
    const store = bench();
    const driver = qemu.open(store.context('m'), undefined);
    await driver.configure({ ...tcg, 'qemu-program': 'qemu-system-none' });
    await expect(driver.preCreateCheck()).rejects.toMatchObject({ code: 'QEMU_MISSING', exitCode: 3 });
    const platform = { ...store.context('m').platform, env: { PATH: '/nowhere' } };
    expect(await qemu.usable?.(platform)).toMatchObject({
      usable: false,
      reason: 'expected the program qemu-system-x86_64 on PATH, found none',
    });
  });
});
