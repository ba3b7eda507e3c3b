/** The boot image's SSH server takes our host key file and shows it. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { thisPlatform } from '../../../src/host/platform.ts';
import { newEd25519HostKey } from '../../../src/ssh/index.ts';
import { remoteShell } from '../../support/remote-shell.ts';
import { startDropbear } from '../../support/sshd.ts';
import { temporaryFolder } from '../../support/temporary.ts';

it('reads the host key file we write', () => {
  const key = newEd25519HostKey();
  const path = join(temporaryFolder(), 'key');
  writeFileSync(path, key.dropbear, { mode: 0o600 });
  expect(execFileSync('dropbearkey', ['-y', '-f', path], { encoding: 'utf8' })).toContain(key.publicLine);
});

it('shows the key that is pinned', async () => {
  const key = newEd25519HostKey();
  const server = await startDropbear(key.dropbear);
  try {
    const endpoint = { host: '127.0.0.1', port: server.port, user: server.user, keyPath: server.keyPath };
    const access = {
      endpoint,
      platform: thisPlatform(),
      hostKeys: [key.publicLine],
      onFirstContact: () => Promise.reject(new Error('not pinned')),
      onJumpContact: () => Promise.reject(new Error('no jump host')),
    };
    // our client's key is not in its user's authorized_keys: the host key was accepted before that is told
    const login = remoteShell(access).run(['true']);
    await expect(login).rejects.toMatchObject({ code: 'SSH_DENIED', message: expect.stringContaining('does not accept the key') });
    const other = { ...access, hostKeys: [newEd25519HostKey().publicLine] };
    await expect(remoteShell(other).run(['true'])).rejects.toMatchObject({ code: 'SSH_HOST_KEY' });
  } finally {
    server.stop();
  }
});
