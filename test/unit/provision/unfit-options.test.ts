/** Options that a machine cannot take are told before anything on it changes. Its answers are scripted. */
import { describe, expect, it } from 'vitest';
import { distributionProvisioner } from '../../../src/provision/distribution.ts';
import { dockerEngine } from '../../../src/provision/docker-engine.ts';
import { ENGINE_FACTS_SCRIPT, FACTS_SCRIPT } from '../../../src/provision/scripts/facts.ts';
import { LOCK_SCRIPT } from '../../../src/provision/scripts/lock.ts';
import type { RemoteRunOptions } from '../../../src/ssh/remote-shell.ts';

/** A machine without Docker; whatever is not a look at it is noted in `done`. */
function bareMachine(id: string, init: string, tool: string) {
  const done: string[] = [];
  const answers = new Map([
    [FACTS_SCRIPT, `system=Linux\narch=x86_64\nkernel=6.1\nuser=root\nprivilege=root\ninit=${init}\nlibc=glibc\nos-release=ID=${id}\n`],
    [ENGINE_FACTS_SCRIPT, `tool=${tool}\nroot-filesystem=ext2/ext3\n`],
    [LOCK_SCRIPT, 'locked\n'],
  ]);
  const shell = {
    async run(words: readonly string[], { onStdout }: RemoteRunOptions = {}) {
      const stdout = answers.get(words[2] ?? '');
      onStdout?.(Buffer.from(stdout ?? ''));
      if (stdout === undefined) done.push(words.join(' '));
      return { exitCode: stdout === undefined ? 1 : 0, stdout: stdout ?? '', stderr: '' };
    },
  };
  return { shell, done };
}

function provision(shell: ReturnType<typeof bareMachine>['shell'], label: string): Promise<void> {
  const place = {
    shell,
    log: { info: () => {}, warn: () => {}, debug: () => {} },
    clock: { now: () => 0, sleep: async () => {} },
    signal: new AbortController().signal,
  };
  const engine = { storageDriver: '', labels: [label], insecureRegistries: [], registryMirrors: [], opts: [], env: [] };
  return distributionProvisioner(dockerEngine).provision(place, {
    hostname: 'server',
    engine: { ...engine, generation: 0, port: 2376 },
    ipv6: false,
    wish: { version: '', installUrl: 'https://get.docker.com' },
    nextGeneration: async () => 1,
    tls: async () => ({ ca: '', cert: '', key: '', generation: 0 }),
    announce: false,
  });
}

describe('a blank in a label', () => {
  it('is refused at once where the init script of the package to come cannot pass it on', async () => {
    const { shell, done } = bareMachine('debian', 'openrc', 'apt-get');
    await expect(provision(shell, 'where=a b')).rejects.toMatchObject({ code: 'ENGINE_OPTION' });
    expect(done).toEqual([]);
  });

  it.each([
    ['debian', 'systemd', 'apt-get'],
    ['alpine', 'openrc', 'apk'],
  ])('is no hindrance on %s with %s', async (id, init, tool) => {
    const { shell, done } = bareMachine(id, init, tool);
    await expect(provision(shell, 'where=a b')).rejects.toMatchObject({ code: 'PROVISION_FAILED' }); // of the first command that changes
    expect(done.length).toBe(1);
  });
});
