/** Docker on a server whose user becomes root with a password only, typed at a terminal. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestRegistry, testRegistry } from '../e2e/registry.ts';
import { Terminal } from '../e2e/terminal.ts';
import { bootGuest, type Guest } from './support/guest.ts';
import { LAUNCHER, LongStore } from './support/store.ts';

const store = new LongStore();
let guest: Guest;
let registry: TestRegistry;

beforeAll(async () => {
  registry = await testRegistry(['hello-world']);
  guest = await bootGuest('debian-12');
});
afterAll(async () => {
  await guest?.dispose();
  await registry?.stop();
  await store.close();
});

/** Runs tsmachine at a terminal and types `passwords` as sudo asks for them; gives the screen once it ended well. */
async function typed(words: readonly string[], passwords: readonly string[]): Promise<string> {
  const { PATH, HOME, SHELL, MACHINE_STORAGE_PATH } = store.env;
  const screen = new Terminal({ PATH, HOME, SHELL, MACHINE_STORAGE_PATH }, store.path);
  try {
    screen.type(`"${process.execPath}" "${LAUNCHER}" ${words.join(' ')}; echo "exit code $?"`);
    for (const password of passwords) {
      await screen.expect(/sudo password of admin: ?$/m, 120);
      screen.type(password);
    }
    const [, code] = await screen.expect(/^exit code (\d+)$/m, 900);
    expect(code, screen.screen()).toBe('0');
    return screen.screen();
  } finally {
    screen.close();
  }
}

it('asks until sudo takes the password, and keeps it to itself', async () => {
  const words = store.createWords(guest, 'server', 'admin', '--engine-registry-mirror', registry.mirrorUrl);
  const shown = await typed(words, ['not this one', guest.adminPassword]);
  expect(shown).toContain('sudo does not take this password.');
  for (const part of ['not this', 'correct horse', '$taple']) expect(shown).not.toContain(part);
  expect((await guest.run('journalctl -q | grep -F -e "correct horse" -e "not this one"')).stdout).toBe('');
  expect(await guest.must('grep -rlsF "correct horse" /etc /home /tmp /var/log /run || true')).toBe('');
  expect(await guest.must('stat -c "%a %U" /etc/docker/server-key.pem')).toBe('600 root');
});

it('runs containers for the unmodified docker CLI over TLS', async () => {
  expect(await store.onMachine('server', 'version', '--format', '{{.Server.Version}}')).toMatch(/^\d+\.\d+/);
  expect(await store.onMachine('server', 'run', '--rm', 'hello-world')).toContain('Hello');
});

it('asks again when it provisions again, and changes and restarts nothing', async () => {
  const started = () => guest.must('stat -c %Y.%i /proc/$(pidof -s dockerd)');
  const before = await started();
  await guest.must('touch /root/marker && sleep 2');
  await typed(['provision', 'server'], [guest.adminPassword]);
  expect(await started()).toBe(before);
  expect(await guest.must('find /etc /usr -xdev -newer /root/marker')).toBe('');
});

it('says without a terminal that there is nobody to ask', async () => {
  const { code, stderr } = await store.cli('provision', 'server');
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('sudo wants a password of user admin') });
});
