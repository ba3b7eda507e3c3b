/** Machines on QEMU from our boot image, by the command line: what dies, what lives on, what stays the same. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFree } from '../../drivers/qemu/src/ports.ts';
import { processesIn, qemuIn, supervisorsIn, until } from '../integration/supervisor/tiny-vm.ts';
import { TestStore } from './store.ts';

let store: TestStore;
const dir = (machine: string) => join(store.path, 'machines', machine);
const driverState = (machine: string) => JSON.parse(readFileSync(store.file(machine, 'config.json'), 'utf8')).Driver;
const inGuest = async (machine: string, command: string) => (await store.must('ssh', machine, command)).trim();
const answers = async (machine: string) => expect(await store.on(machine, 'version')).toMatchObject({ code: 0 });
const killAll = (processes: readonly { pid: number }[]) => {
  expect(processes.length).toBeGreaterThan(0);
  for (const { pid } of processes) process.kill(pid, 'SIGKILL');
};

beforeAll(async () => {
  store = new TestStore();
  await store.must('create', 'vm');
});

afterAll(async () => {
  await store?.close();
});

describe('a machine on QEMU', () => {
  it('runs one QEMU and one small supervisor, and answers on the port it listens on inside', async () => {
    expect(qemuIn(dir('vm'))).toHaveLength(1);
    const [supervisor, ...others] = supervisorsIn(dir('vm'));
    expect(others).toEqual([]);
    const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${supervisor?.pid}/status`, 'utf8'))?.[1]) / 1024;
    expect(resident).toBeLessThan(75);
    await answers('vm');
    const { EnginePort } = driverState('vm');
    expect((await store.must('url', 'vm')).trim()).toBe(`tcp://127.0.0.1:${EnginePort}`);
    expect(await inGuest('vm', 'netstat -lnt')).toContain(`:${EnginePort} `);
  });

  it('lives on when its supervisor is killed: the next command attaches another', async () => {
    const boot = await inGuest('vm', 'cat /proc/sys/kernel/random/boot_id');
    killAll(supervisorsIn(dir('vm')));
    await until(() => supervisorsIn(dir('vm')).length === 0);
    await answers('vm');
    expect((await store.must('status', 'vm')).trim()).toBe('Running');
    expect(supervisorsIn(dir('vm'))).toHaveLength(1);
    expect(await inGuest('vm', 'cat /proc/sys/kernel/random/boot_id')).toBe(boot);
  });

  it('is Stopped when QEMU is killed, and starts again with its data, its ports and its certificates', async () => {
    await inGuest('vm', 'sudo sh -c "echo kept > /var/lib/boot2docker/note; sync"');
    const before = driverState('vm');
    killAll(qemuIn(dir('vm')));
    await until(async () => (await store.must('status', 'vm')).trim() === 'Stopped');
    expect(await store.cli('url', 'vm')).toMatchObject({ code: 1, stderr: expect.stringContaining('Host is not running') });
    await store.must('start', 'vm');
    expect(driverState('vm')).toEqual(before);
    await answers('vm');
    expect(await inGuest('vm', 'cat /var/lib/boot2docker/note')).toBe('kept');
  });

  it('survives both being killed in the middle of a boot', async () => {
    await store.must('kill', 'vm');
    const starting = store.cli('start', 'vm');
    await until(() => qemuIn(dir('vm')).length === 1);
    killAll(supervisorsIn(dir('vm'))); // the command that waits attaches another
    expect(await starting).toMatchObject({ code: 0 });
    await answers('vm');
    await store.must('kill', 'vm');
    const failing = store.cli('start', 'vm');
    await until(() => qemuIn(dir('vm')).length === 1);
    killAll(qemuIn(dir('vm')));
    expect(await failing).toMatchObject({ code: 1 });
    expect((await store.must('status', 'vm')).trim()).toBe('Stopped');
    await store.must('start', 'vm');
    await answers('vm');
  });

  it('shuts down in order by its power button, and leaves no process', async () => {
    await store.must('stop', 'vm');
    expect(readFileSync(store.file('vm', 'console.log'), 'utf8').trimEnd()).toMatch(/poweroff$/i);
    await until(() => processesIn(dir('vm')).length === 0);
    expect(await store.cli('stop', 'vm')).toMatchObject({ code: 1 });
    await store.must('start', 'vm');
    await answers('vm');
  });

  it('comes back from a reboot inside', async () => {
    const boot = await inGuest('vm', 'cat /proc/sys/kernel/random/boot_id');
    await store.cli('ssh', 'vm', 'sudo shutdown -r now'); // as docker-machine's generic driver does
    await until(async () => {
      const { code, stdout } = await store.cli('ssh', 'vm', 'cat /proc/sys/kernel/random/boot_id');
      return code === 0 && stdout.trim() !== boot;
    });
    await until(async () => (await store.cli('version', 'vm')).code === 0);
    await answers('vm');
  });

  it('has its clock set when it is wrong', async () => {
    await inGuest('vm', 'sudo date -s "2020-01-01 00:00:00"');
    await until(async () => Math.abs(Number((await store.cli('ssh', 'vm', 'date +%s')).stdout) - Date.now() / 1000) < 5);
    await answers('vm');
  });

  it('tells of a port that was taken meanwhile, and answers on another', async () => {
    await store.must('kill', 'vm');
    const { EnginePort: taken } = driverState('vm');
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(taken, '127.0.0.1', () => resolve()));
    const started = await store.cli('start', 'vm');
    other.close();
    expect(started).toMatchObject({ code: 0, stderr: expect.stringContaining(`Port ${taken} on 127.0.0.1 is taken`) });
    expect((await store.must('url', 'vm')).trim()).toBe(`tcp://127.0.0.1:${driverState('vm').EnginePort}`);
    expect(driverState('vm').EnginePort).not.toBe(taken);
    await answers('vm');
  });

  it('leaves no process, port or file when it is removed', async () => {
    const { SSHPort, EnginePort } = driverState('vm');
    await store.must('rm', '-y', 'vm');
    await until(() => processesIn(dir('vm')).length === 0);
    for (const port of [SSHPort, EnginePort]) expect(await isFree(port)).toBe(true);
    expect((await store.must('ls', '-q')).trim()).toBe('');
  });
});

describe('four machines created at once', () => {
  it('all work, with ports of their own', async () => {
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map((name) => store.must('create', name)));
    const ports = names.flatMap((name) => [driverState(name).SSHPort, driverState(name).EnginePort]);
    expect(new Set(ports).size).toBe(8);
    for (const name of names) expect(await inGuest(name, 'hostname')).toBe(name);
    await Promise.all(names.map(answers));
    await store.must('rm', '-y', ...names);
  });
});
