/** A store of QEMU machines around the driver alone: real QEMU, real supervisors, a tiny kernel instead of our image. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../src/core/atomic-file.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { BootImage, DriverContext } from '../../../src/driver/context.ts';
import { withFileLock } from '../../../src/host/file-lock.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import { findSupervisor, supervise, vmAlive } from '../../../src/supervisor/index.ts';
import { tinyKernel } from './tiny-kernel.ts';

export interface Bench {
  readonly root: string;
  dir(name: string): string;
  /** The state that `checkpoint` stored last. */
  stored(name: string): string | undefined;
  context(name: string, change?: Partial<DriverContext>): DriverContext & { told: string[] };
}

export function newBench(says = 'hello from the kernel\n'): Bench {
  const root = mkdtempSync(join(tmpdir(), 'tsm-qemu-'));
  makeImage(join(root, 'image'), says);
  return openBench(root);
}

/** The same store again, in another process. */
export function openBench(root: string): Bench {
  const dir = (name: string) => join(root, 'machines', name);
  const stateFile = (name: string) => join(dir(name), 'state.json');
  const read = (name: string) => {
    try {
      return readFileSync(stateFile(name), 'utf8');
    } catch {
      return undefined;
    }
  };
  return {
    root,
    dir,
    stored: read,
    context(name, change = {}) {
      const told: string[] = [];
      const log = { info: (line: string) => told.push(line), warn: (line: string) => told.push(`WARN ${line}`), debug: () => {} };
      const computer = { platform: thisPlatform(), runner: processRunner(log) };
      const signal = new AbortController().signal;
      const folder = dir(name);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return {
        ...computer,
        told,
        log,
        signal,
        storeId: 'test',
        storePath: root,
        machineName: name,
        machineDir: folder,
        clock: systemClock,
        fetch,
        lock: (lockName, work) =>
          withFileLock(join(root, 'locks', lockName), { platform: computer.platform, clock: systemClock, signal }, work),
        tempDir: async () => mkdtempSync(join(tmpdir(), 'tsm-')),
        secret: async () => '',
        checkpoint: (state) => writeFileAtomic(stateFile(name), state),
        bootImage: async () => imageIn(join(root, 'image')),
        sshKey: async () => Promise.reject(new Error('no SSH here')),
        newHostKey: async () => Promise.reject(new Error('no SSH here')),
        runRemote: async () => Promise.reject(new Error('no SSH here')),
        reachable: async () => false,
        identity: async ({ enginePort }) => ({
          files: new Map(),
          writeTarDisk: (path) => writeFileAtomic(path, Buffer.alloc(1024, `engine/port ${enginePort}\n`)),
        }),
        peers: async () => {
          const others = readdirSync(join(root, 'machines')).filter((other) => other !== name);
          return others.flatMap((other) => read(other) ?? []);
        },
        supervise: (vm) => supervise(folder, vm, computer),
        supervisor: () => findSupervisor(folder, computer),
        vmAlive: () => vmAlive(folder, computer),
        ...change,
      };
    },
  };
}

function makeImage(dir: string, says: string): void {
  mkdirSync(dir);
  writeFileSync(join(dir, 'vmlinux'), tinyKernel(says));
  for (const file of ['initramfs.cpio', 'root.squashfs']) writeFileSync(join(dir, file), Buffer.alloc(4096));
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(dir, 'data.qcow2'), '20G']);
}

function imageIn(dir: string): BootImage {
  const [kernel = '', initramfs = '', root = '', dataTemplate = ''] = ['vmlinux', 'initramfs.cpio', 'root.squashfs', 'data.qcow2'].map(
    (file) => join(dir, file),
  );
  return { dir, digest: 'sha256:tiny', cmdline: { base: 'quiet', tcg: '' }, files: { kernel, initramfs, root, dataTemplate } };
}

export function disposeBench(bench: Bench): void {
  rmSync(bench.root, { recursive: true, force: true });
}
