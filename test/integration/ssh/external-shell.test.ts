/** The computer's own ssh client as a provisioner's shell, through a ProxyCommand that only it can run. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MachineEntry } from '../../../src/machine/entry.ts';
import { externalShell } from '../../../src/machine/external-shell.ts';
import { machinesHost } from '../../../src/machine/host.ts';
import type { SshAccess } from '../../../src/ssh/index.ts';
import { emptyRecord } from '../../../src/store/record.ts';
import { folderDriver } from '../../support/folder-driver.ts';
import { testStore } from '../../support/machines.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { temporaryFolder } from '../../support/temporary.ts';

let sshd: TestSshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd?.stop());

const signal = new AbortController().signal;

async function start(hostKeys: readonly string[] = []) {
  const { options } = await testStore(folderDriver());
  const host = machinesHost(options);
  const paths = host.paths.machine('vm');
  mkdirSync(paths.dir, { recursive: true, mode: 0o700 });
  const config = { name: 'vm', driverName: 'folder', driver: '{}', hostOptions: {} } as unknown as MachineEntry['config'];
  const entry = new MachineEntry(paths, config, { ...emptyRecord, hostKeys });
  const sshConfig = join(temporaryFolder(), 'config');
  const program = `require('net').connect(${sshd.port}, '127.0.0.1', function () { process.stdin.pipe(this).pipe(process.stdout) })`;
  writeFileSync(sshConfig, `ProxyCommand "${process.execPath}" -e "${program}"\n`);
  const access: SshAccess = {
    endpoint: { host: 'only.the.client.gets.there', port: 0, user: sshd.user, keyPath: sshd.keyPath },
    platform: options.platform,
    runner: options.runner,
    sshConfig,
    hostKeys,
    onFirstContact: () => Promise.reject(new Error('the client takes the key')),
    onJumpContact: () => Promise.reject(new Error('no jump host')),
  };
  return { entry, open: () => externalShell(host, entry, access, signal) };
}

it('runs commands, and pins the key that the client was shown', async () => {
  const { entry, open } = await start();
  const shell = await open();
  expect(entry.record.hostKeys).toEqual([sshd.hostKeys[0]]);
  expect(statSync(join(entry.paths.dir, 'ssh_config')).mode & 0o777).toBe(0o600);
  expect(await shell.run(['sh', '-c', 'cat; echo "$1" >&2; exit 3', 'sh', "it's $HOME"], { input: Buffer.from('sent') })).toMatchObject({
    exitCode: 3,
    stdout: 'sent',
    stderr: "it's $HOME\n",
  });
});

it('refuses another key', async () => {
  const { open } = await start([`ssh-ed25519 ${'A'.repeat(68)}`]);
  await expect(open()).rejects.toMatchObject({ code: 'SSH_HOST_KEY', message: expect.stringContaining('Host key verification failed') });
});
