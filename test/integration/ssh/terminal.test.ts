/** Questions on a real terminal: a passphrase is not shown, Ctrl-C ends the program and leaves the terminal as it was. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Terminal } from '../../e2e/terminal.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { BuiltCli } from '../cli/built-cli.ts';

let cli: BuiltCli;
let sshd: TestSshd;
let screen: Terminal;
beforeAll(async () => {
  cli = new BuiltCli();
  sshd = await startSshd();
  screen = new Terminal({ ...cli.environment(), SSH_AUTH_SOCK: undefined }, temporaryFolder());
  await cli.run(['create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', 'none']);
  const folder = join(cli.store, 'machines', 'vm');
  mkdirSync(folder, { mode: 0o700 });
  const key = join(folder, 'id_rsa');
  copyFileSync(sshd.keyPath, key);
  execFileSync('ssh-keygen', ['-q', '-a', '1', '-p', '-P', '', '-N', 'correct horse', '-f', key]);
  const config = JSON.parse(readFileSync(join(cli.store, 'machines/none/config.json'), 'utf8'));
  const driver = { IPAddress: '127.0.0.1', MachineName: 'vm', SSHUser: sshd.user, SSHPort: sshd.port, SSHKeyPath: key, EnginePort: 2376 };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, Name: 'vm', DriverName: 'generic', Driver: driver }), {
    mode: 0o600,
  });
});
afterAll(() => {
  screen?.close();
  sshd?.stop();
  cli?.remove();
});

const ssh = (words: string) => screen.type(`"${process.execPath}" "${cli.launcher}" ssh vm ${words}; echo "exit code $?"`);

it('asks for a passphrase, again after a wrong one, and shows neither', async () => {
  ssh('echo hel""lo');
  await screen.expect(/First contact/);
  await screen.expect(/Passphrase for the key .*: *$/m);
  screen.type('wrong');
  await screen.expect(/Passphrase for the key .*: *$/m);
  screen.type('correct horse');
  await screen.expect(/hello\s+exit code 0/);
  expect(screen.screen()).not.toMatch(/wrong|correct horse/);
});

it('ends at Ctrl-C, and the terminal shows again what is typed', async () => {
  ssh('echo hel""lo');
  await screen.expect(/Passphrase for the key .*: *$/m);
  screen.key('C-c');
  await screen.expect(/exit code 130/);
  screen.type('echo vis""ible');
  await screen.expect(/echo vis""ible\s+visible/);
});

it('is a login shell on a terminal, and takes Ctrl-C for the far side', async () => {
  ssh('');
  await screen.expect(/Passphrase for the key .*: *$/m);
  screen.type('correct horse');
  await screen.expect(/[$#] *$/m);
  screen.type('echo "$SSH_TTY" on; sleep 1000 || echo stop""ped');
  await screen.expect(/dev\/pts\/\d+ on/);
  screen.key('C-c');
  screen.type('echo still $((40 + 2))');
  await screen.expect(/still 42/);
  screen.type('exit 9');
  await screen.expect(/exit code 9/);
});
