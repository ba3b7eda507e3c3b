/**
 * The QEMU driver and the contract, on real VMs: each check makes its own, and create dies at each of its calls. Then the same driver as
 * somebody's package, in a thread of its own.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import qemu from '@tsmachine/driver-qemu';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { generateRsaKey } from '../../src/certs/rsa-key.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { DriverContext } from '../../src/driver/index.ts';
import { conformanceTests, type Subject } from '../../src/driver/kit/index.ts';
import { withAuthority } from '../../src/machine/authority.ts';
import { writeClientFiles } from '../../src/machine/certificates.ts';
import { type CreateJob, hostOptions } from '../../src/machine/create-job.ts';
import { driverContext } from '../../src/machine/driver-context.ts';
import { createEntry, loadEntry } from '../../src/machine/entry.ts';
import { machinesHost } from '../../src/machine/host.ts';
import { ensureSshKeys } from '../../src/machine/identity.ts';
import { emptyRecord } from '../../src/store/record.ts';
import { ROOT, TestStore } from '../e2e/store.ts';
import { createRequest } from '../support/create-request.ts';
import { temporaryFolder } from '../support/temporary.ts';

process.env.XDG_DATA_HOME = temporaryFolder(); // where drivers are installed
const images = new TestStore();
const roots = new Set<string>();
const sshKey = generateRsaKey();

/** The host's own context, as `create` hands it, with what the kit watches. */
async function context(own: DriverContext): Promise<DriverContext> {
  const { storePath, platform, runner, log, signal, machineName } = own;
  roots.add(storePath);
  if (!existsSync(join(storePath, 'images'))) execFileSync('cp', ['-al', join(images.path, 'images'), storePath]);
  const host = machinesHost({ storePath, platform, runner, log, signal, clock: systemClock, loadDriver: async () => qemu });
  const paths = host.paths.machine(machineName);
  const job = { host, request: createRequest(machineName, qemu, {}) } as CreateJob;
  const config = { name: machineName, driverName: 'qemu', driver: '{}', hostOptions: hostOptions(job) };
  const entry = existsSync(paths.config)
    ? await loadEntry(paths, machineName)
    : await createEntry(paths, config, { ...emptyRecord, engineGeneration: 1 });
  const lasting = new AbortController().signal; // what create's other steps do before the driver's own
  await ensureSshKeys(entry, sshKey);
  await withAuthority(host, host.authority, (authority) => writeClientFiles(entry, authority), lasting);
  const real = await driverContext(host, machineName, qemu, () => entry, signal);
  return { ...real.context, storeId: own.storeId, runner, log, checkpoint: own.checkpoint, peers: own.peers };
}

/** VMs that work in a folder of the stores. (Supervisors end by themselves soon after: check `processes`.) */
function programs(): string[] {
  return readdirSync('/proc').filter((id) => {
    if (!/^\d+$/.test(id)) return false;
    try {
      return (
        [...roots].some((root) => readlinkSync(`/proc/${id}/cwd`).startsWith(root)) &&
        readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('qemu-system')
      );
    } catch {
      return false; // it ended meanwhile
    }
  });
}

const subject: Subject = {
  driver: qemu,
  flags: { 'qemu-memory': 512, 'qemu-cpu-count': 1 },
  leftovers: programs,
  context,
  timeLimit: 1_200_000,
  abortLimit: 30_000,
};

afterAll(() => images.close());
conformanceTests({ describe, it }, subject);

describe('the QEMU driver, installed as a package', () => {
  it('makes, stops, starts and removes a machine as the built-in one does', async () => {
    const folder = temporaryFolder();
    const built = await build({
      absWorkingDir: ROOT,
      entryPoints: ['drivers/qemu/src/index.ts'],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      external: ['tsmachine/driver'],
    });
    const [text = ''] = built.outputFiles.map((file) => file.text);
    writeFileSync(join(folder, 'index.js'), text.replace('name: "qemu"', 'name: "installed-qemu"'));
    writeFileSync(
      join(folder, 'package.json'),
      '{ "name": "installed-qemu", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
    );
    await images.must('driver', 'install', folder);
    await images.must('create', '-d', 'installed-qemu', '--qemu-memory', '512', 'm');
    expect((await images.on('m', 'version', '-f', '{{.Server.Version}}')).stdout).toMatch(/^\d/);
    expect(await images.must('ssh', 'm', 'hostname')).toBe('m\n');
    await images.must('stop', 'm');
    expect(await images.must('status', 'm')).toBe('Stopped\n');
    await images.must('start', 'm');
    expect((await images.on('m', 'ps', '-q')).code).toBe(0);
    await images.must('rm', '-y', 'm');
    expect(await images.must('ls', '-q')).toBe('');
  });
});
