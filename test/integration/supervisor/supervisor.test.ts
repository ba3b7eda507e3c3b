import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startDetached } from '../../../src/host/detached.ts';
import { identifyProcess } from '../../../src/host/process-identity.ts';
import { findSupervisor, NODE_FLAGS, supervise, vmAlive } from '../../../src/supervisor/index.ts';
import { newPlace, processesIn, qemuIn, supervisorsIn, tinyVm, until } from './tiny-vm.ts';

const places: ReturnType<typeof newPlace>[] = [];
const place = (...below: string[]) => {
  const made = newPlace(...below);
  places.push(made);
  return made;
};
afterEach(() => {
  vi.unstubAllEnvs();
  for (const made of places.splice(0)) made.dispose();
});

const signalTo = (processes: readonly { pid: number }[], signal: NodeJS.Signals) => {
  expect(processes).not.toEqual([]);
  for (const { pid } of processes) process.kill(pid, signal);
};

const forever = new AbortController().signal;

describe('a supervised VM', () => {
  it('runs, and what the guest writes is in its console log', async () => {
    const here = place();
    const supervisor = await supervise(here.dir, tinyVm(here.dir), here);
    expect(await supervisor.vmStatus()).toBe('running');
    expect(await vmAlive(here.dir, here)).toBe(true);
    await until(() => readFileSync(join(here.dir, 'console.log'), 'utf8').includes('hello from the guest\n'));
    await supervisor.kill();
    expect(await vmAlive(here.dir, here)).toBe(false);
    await until(() => processesIn(here.dir).length === 0);
    for (const file of ['vm.json', 'qemu.pid', 'qmp.sock', 'console.sock', 'channel.sock', 'supervisor.sock']) {
      expect(existsSync(join(here.dir, file)), file).toBe(false);
    }
    await supervisor.kill(); // idempotent
  });

  it('lives on when its supervisor is killed; the next call attaches another', async () => {
    const here = place();
    const supervisor = await supervise(here.dir, tinyVm(here.dir), here);
    const [before] = qemuIn(here.dir);
    for (let round = 0; round < 3; round++) {
      const [old] = supervisorsIn(here.dir);
      signalTo(old ? [old] : [], 'SIGKILL');
      await until(() => supervisorsIn(here.dir).length === 0);
      expect(await vmAlive(here.dir, here)).toBe(true);
      expect(await supervisor.vmStatus()).toBe('running');
      expect(qemuIn(here.dir)).toEqual([before]);
      expect(supervisorsIn(here.dir)).toHaveLength(1);
    }
  });

  it('starts although its supervisor is killed before it could say so', async () => {
    for (const qemus of [0, 1]) {
      const here = place();
      const starting = supervise(here.dir, tinyVm(here.dir), here);
      await until(() => supervisorsIn(here.dir).length === 1 && qemuIn(here.dir).length >= qemus);
      signalTo(supervisorsIn(here.dir), 'SIGKILL');
      expect(await (await starting).vmStatus()).toBe('running');
      expect(qemuIn(here.dir)).toHaveLength(1);
    }
  });

  it('has one supervisor and one QEMU, however many ask at once', async () => {
    const here = place();
    const vm = tinyVm(here.dir);
    await Promise.all(Array.from({ length: 8 }, () => supervise(here.dir, vm, here)));
    expect(qemuIn(here.dir)).toHaveLength(1);
    signalTo(supervisorsIn(here.dir), 'SIGKILL');
    const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await findSupervisor(here.dir, here))?.vmStatus()));
    expect(new Set(statuses)).toEqual(new Set(['running']));
    await until(() => supervisorsIn(here.dir).length === 1);
    expect(qemuIn(here.dir)).toHaveLength(1);
  });

  it('is gone when QEMU is killed, and its supervisor with it', async () => {
    const here = place();
    const supervisor = await supervise(here.dir, tinyVm(here.dir), here);
    const ended = supervisor.awaitExit(60_000);
    signalTo(qemuIn(here.dir), 'SIGKILL');
    expect(await ended).toBe(true);
    expect(await vmAlive(here.dir, here)).toBe(false);
    expect(await findSupervisor(here.dir, here)).toBeUndefined();
    await expect(supervisor.vmStatus()).rejects.toMatchObject({ code: 'VM_ENDED' });
    await until(() => processesIn(here.dir).length === 0);
  });

  it('is gone, and nothing else, when QEMU dies while a supervisor is being attached', async () => {
    for (let after = 0; after < 200; after += 25) {
      const here = place();
      const supervisor = await supervise(here.dir, tinyVm(here.dir), here);
      signalTo(supervisorsIn(here.dir), 'SIGKILL');
      await until(() => supervisorsIn(here.dir).length === 0);
      const [qemu] = qemuIn(here.dir);
      const status = supervisor.vmStatus().catch((error: { code?: string }) => error.code);
      setTimeout(() => signalTo(qemu ? [qemu] : [], 'SIGKILL'), after);
      expect(['running', 'VM_ENDED']).toContain(await status);
      await until(async () => !(await vmAlive(here.dir, here)));
    }
  });

  it('is gone when both were killed, and starts again', async () => {
    const here = place();
    const vm = tinyVm(here.dir);
    await supervise(here.dir, vm, here);
    for (const { pid } of [...supervisorsIn(here.dir), ...qemuIn(here.dir)]) process.kill(pid, 'SIGKILL');
    await until(() => processesIn(here.dir).length === 0);
    expect(await vmAlive(here.dir, here)).toBe(false);
    expect(await (await supervise(here.dir, vm, here)).vmStatus()).toBe('running');
  });

  it('is not mistaken for another process that got its id', async () => {
    const here = place();
    await supervise(here.dir, tinyVm(here.dir), here);
    const record = JSON.parse(readFileSync(join(here.dir, 'vm.json'), 'utf8'));
    for (const { pid } of processesIn(here.dir)) process.kill(pid, 'SIGKILL');
    await until(() => processesIn(here.dir).length === 0);
    const reused = { ...record, process: { ...record.process, pid: process.pid } };
    for (const stale of [record, reused]) {
      writeFileSync(join(here.dir, 'vm.json'), JSON.stringify(stale));
      expect(await vmAlive(here.dir, here)).toBe(false);
    }
    const us = await identifyProcess(process.pid, here);
    expect(us?.started).not.toBe(record.process.started);
  });

  it('is found when its starter died before it could note the process', async () => {
    const here = place();
    await supervise(here.dir, tinyVm(here.dir), here);
    const { process: _unknown, ...unnoted } = JSON.parse(readFileSync(join(here.dir, 'vm.json'), 'utf8'));
    signalTo(supervisorsIn(here.dir), 'SIGKILL');
    writeFileSync(join(here.dir, 'vm.json'), JSON.stringify(unnoted));
    expect(await vmAlive(here.dir, here)).toBe(true);
    await (await findSupervisor(here.dir, here))?.kill();
    await until(() => processesIn(here.dir).length === 0);
    writeFileSync(join(here.dir, 'vm.json'), JSON.stringify(unnoted));
    writeFileSync(join(here.dir, 'qemu.pid'), `${process.pid}\n`); // of another process
    expect(await vmAlive(here.dir, here)).toBe(false);
  });

  it('says what is wrong with a record that cannot be read', async () => {
    const here = place();
    for (const garbage of ['', '{', 'null', '{"vm":1}']) {
      writeFileSync(join(here.dir, 'vm.json'), garbage);
      await expect(vmAlive(here.dir, here), garbage).rejects.toMatchObject({ code: 'VM_RECORD_BROKEN' });
    }
  });

  it("fails with QEMU's words when QEMU does not start, and leaves nothing", async () => {
    const here = place();
    const vm = tinyVm(here.dir);
    await expect(supervise(here.dir, { ...vm, args: [...vm.args, '-nonsense'] }, here)).rejects.toThrow(/-nonsense: invalid option/);
    await expect(supervise(here.dir, { ...vm, program: '/no/such/qemu' }, here)).rejects.toMatchObject({ code: 'VM_START_FAILED' });
    await until(() => processesIn(here.dir).length === 0);
    expect(existsSync(join(here.dir, 'vm.json'))).toBe(false);
  });

  it('tells a guest that never writes a byte from one that does', async () => {
    const here = place();
    const silent = await supervise(here.dir, tinyVm(here.dir, '', { silenceLimit: 300 }), here);
    await expect(silent.awaitSign(forever)).rejects.toMatchObject({ code: 'GUEST_SILENT' });
    await silent.kill();
    const loud = await supervise(here.dir, tinyVm(here.dir, 'x', { silenceLimit: 60_000 }), here);
    await loud.awaitSign(forever);
  });

  it('is not ready without its guest saying so: the error shows the console', async () => {
    const here = place();
    const supervisor = await supervise(here.dir, tinyVm(here.dir), here);
    await until(() => readFileSync(join(here.dir, 'console.log'), 'utf8').includes('hello'));
    const waited = supervisor.awaitReady(() => {}, forever, 200);
    await expect(waited).rejects.toMatchObject({ code: 'GUEST_TIMEOUT', message: expect.stringContaining('hello from the guest') });
    const aborted = supervisor.awaitReady(() => {}, AbortSignal.timeout(50), 60_000);
    await expect(aborted).rejects.toThrow(/abort|timeout/i);
    expect(await supervisor.awaitExit(50)).toBe(false);
  });

  it('is ended even when QEMU hangs', async () => {
    const here = place();
    const supervisor = await supervise(here.dir, tinyVm(here.dir), here);
    signalTo(qemuIn(here.dir), 'SIGSTOP');
    await supervisor.kill();
    expect(await vmAlive(here.dir, here)).toBe(false);
    await until(() => processesIn(here.dir).length === 0);
  });

  it('can be reached in a folder whose name is longer than a socket address', async () => {
    const here = place('a'.repeat(120), 'b'.repeat(120));
    vi.stubEnv('TMPDIR', here.dir); // nor does the way around it depend on a short one
    const supervisor = await supervise(here.dir, tinyVm(here.dir), here);
    expect(await supervisor.vmStatus()).toBe('running');
    await supervisor.kill();
  });

  it('goes on in a folder that is moved', async () => {
    const here = place('store');
    await supervise(here.dir, tinyVm(here.dir), here);
    const moved = join(here.dir, '../../moved/m');
    renameSync(join(here.dir, '..'), join(moved, '..'));
    expect(await vmAlive(moved, here)).toBe(true);
    signalTo(supervisorsIn(moved), 'SIGKILL');
    const supervisor = await findSupervisor(moved, here);
    expect(await supervisor?.vmStatus()).toBe('running');
    await supervisor?.kill();
    expect(await vmAlive(moved, here)).toBe(false);
    await until(() => processesIn(moved).length === 0);
    expect(existsSync(join(moved, 'vm.json'))).toBe(false);
  });

  it('ends when its folder is deleted: nothing could reach it there', async () => {
    const here = place();
    await supervise(here.dir, tinyVm(here.dir), here);
    const running = processesIn(here.dir).map(({ pid }) => pid);
    expect(running).toHaveLength(2);
    rmSync(here.dir, { recursive: true });
    await until(async () => (await Promise.all(running.map((pid) => identifyProcess(pid, here)))).every((found) => found === undefined));
  });

  it('answers nonsense on its socket and goes on', async () => {
    const here = place();
    const supervisor = await supervise(here.dir, tinyVm(here.dir), here);
    const { connectToSupervisor } = await import('../../../src/supervisor/address.ts');
    for (const nonsense of ['\n', 'x\n', '{"call":"toString"}\n', 'y'.repeat(100_000), '{"call":null}\n']) {
      const socket = await connectToSupervisor(here.dir, here.platform);
      socket.end(nonsense);
      await new Promise((resolve) => socket.once('close', resolve).resume());
    }
    expect(await supervisor.vmStatus()).toBe('running');
  });
});

describe('the supervisor process', () => {
  /** Starts a VM under a bundle of the supervisor, as the package has it; `change` makes it another version. */
  const startBundle = async (here: ReturnType<typeof place>, change = (source: string) => source) => {
    const bundle = join(here.dir, 'supervisor.js');
    const entry = join(import.meta.dirname, '../../../src/supervisor/main.ts');
    const options = { entryPoints: [entry], outfile: bundle, bundle: true, platform: 'node' as const, format: 'esm' as const };
    await build({ ...options, minifySyntax: true, minifyWhitespace: true });
    writeFileSync(bundle, change(readFileSync(bundle, 'utf8')));
    writeFileSync(join(here.dir, 'package.json'), '{"type":"module"}');
    const answer = await startDetached(process.execPath, [...NODE_FLAGS, bundle], {
      cwd: here.dir,
      env: here.platform.env,
      errorLog: join(here.dir, 'supervisor.log'),
      timeout: 30_000,
      input: JSON.stringify({ dir: here.dir, vm: tinyVm(here.dir) }),
      reply: (line) => (line === 'ready' ? 'go' : undefined),
    });
    expect(answer).toBe('{"started":true}');
    rmSync(bundle);
  };

  it('takes at most 75 MB', async () => {
    const here = place();
    await startBundle(here);
    const supervisor = await findSupervisor(here.dir, here);
    for (let calls = 0; calls < 200; calls++) await supervisor?.vmStatus();
    const status = readFileSync(`/proc/${supervisorsIn(here.dir)[0]?.pid}/status`, 'utf8');
    const resident = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    console.info(`supervisor: ${resident.toFixed(1)} MB resident after 200 calls`);
    expect(resident).toBeLessThan(75);
  });

  it('of an older version leaves when it is asked what it does not know; the VM goes on under one of this version', async () => {
    const here = place();
    await startBundle(here, (source) => source.replace('localPorts:', 'ofALaterVersion:'));
    const [qemu] = qemuIn(here.dir);
    const [old] = supervisorsIn(here.dir);
    const supervisor = await findSupervisor(here.dir, here);
    expect(await supervisor?.vmStatus()).toBe('running');
    expect(supervisorsIn(here.dir)).toEqual([old]);
    expect(await supervisor?.localPorts()).toEqual({ socket: '', ports: [] });
    expect(await supervisor?.vmStatus()).toBe('running');
    expect(qemuIn(here.dir)).toEqual([qemu]);
    await until(() => supervisorsIn(here.dir).length === 1);
    expect(supervisorsIn(here.dir)).not.toEqual([old]);
  });
});
