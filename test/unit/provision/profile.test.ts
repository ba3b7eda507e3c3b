import { describe, expect, it } from 'vitest';
import { bootImageProvisioner } from '../../../src/provision/boot-image.ts';
import type { MachineIdentity } from '../../../src/provision/identity.ts';
import { renderProfile } from '../../../src/provision/profile.ts';

const ENGINE = { storageDriver: '', labels: [], insecureRegistries: [], registryMirrors: [], opts: [], env: [], port: 2376 };

describe('renderProfile', () => {
  it("is docker-machine's file for plain values", () => {
    const text = renderProfile({
      ...ENGINE,
      labels: ['a=b', 'provider=generic'],
      opts: ['log-driver=none'],
      env: ['FOO=bar'],
      port: 12377,
    });
    expect(text).toBe(`
EXTRA_ARGS='
--label a=b
--label provider=generic
--log-driver=none

'
CACERT=/var/lib/boot2docker/ca.pem
DOCKER_HOST='-H tcp://0.0.0.0:12377'
DOCKER_STORAGE=overlay2
DOCKER_TLS=auto
SERVERKEY=/var/lib/boot2docker/server-key.pem
SERVERCERT=/var/lib/boot2docker/server.pem

export "FOO=bar"

`);
  });

  it('refuses what no line can carry, and environment without a name', () => {
    expect(() => renderProfile({ ...ENGINE, labels: ['a=b\nrm -rf /'] })).toThrow('control characters');
    expect(() => renderProfile({ ...ENGINE, env: ['a b'] })).toThrow('expected NAME=value, found "a b"');
  });
});

describe('the hand-over', () => {
  it('has the files the guest looks for', () => {
    const identity: MachineIdentity = {
      hostname: 'm1',
      authorizedKey: 'ssh-rsa AAAA\n',
      hostKey: Buffer.from('host key'),
      tls: { ca: 'CA', cert: 'CERT', key: 'KEY', generation: 3 },
      engine: { ...ENGINE, generation: 2, port: 40001 },
    };
    const files = bootImageProvisioner.handOver(identity);
    const texts = Object.fromEntries([...files].map(([name, content]) => [name, Buffer.from(content).toString()]));
    expect(texts).toEqual({
      hostname: 'm1\n',
      'ssh/authorized_keys': 'ssh-rsa AAAA\n',
      'ssh/dropbear_ed25519_host_key': 'host key',
      'tls/ca.pem': 'CA',
      'tls/server.pem': 'CERT',
      'tls/server-key.pem': 'KEY',
      'tls/generation': '3\n',
      'engine/profile': renderProfile(identity.engine),
      'engine/generation': '2\n',
      'engine/port': '40001\n',
    });
  });
});
