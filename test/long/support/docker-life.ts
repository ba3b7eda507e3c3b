/** What Docker's own engine goes through on a server that nobody prepared, from nothing to `rm`. */
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestRegistry, testRegistry } from '../../e2e/registry.ts';
import { bootGuest, type Guest, type GuestUser } from './guest.ts';
import type { GuestName } from './recipes.ts';
import { LongStore } from './store.ts';

const MACHINE = 'server';
/** What its address is called later. */
const NEW_NAME = 'new.example';
/** Changes with each start of the engine. */
const STARTED = 'stat -c %Y.%i /proc/$(pidof -s dockerd)';

export interface Life {
  readonly guest: GuestName;
  readonly user: GuestUser;
  /** As in `Provisioning with …`. */
  readonly provisioner: string;
  /** Where the init script cannot have blanks in options. */
  readonly plainLabel?: boolean;
  /** Shell lines, as root: what makes the guest another distribution, and what publishes a newer Docker. */
  readonly disguise?: string;
  readonly publish?: string;
}

/** Defines the tests of one part, in their order. */
export function dockerLife({ guest: name, user, provisioner, plainLabel, disguise, publish }: Life): void {
  const label = plainLabel ? 'where=a' : 'where=a b';
  let guest: Guest;
  let registry: TestRegistry;
  const store = new LongStore();
  const docker = (...words: string[]) => store.onMachine(MACHINE, ...words);

  beforeAll(async () => {
    registry = await testRegistry(['hello-world', 'busybox']);
    guest = await bootGuest(name);
    if (disguise !== undefined) await guest.must(disguise);
  });
  afterAll(async () => {
    await guest?.dispose();
    await registry?.stop();
    await store.close();
  });

  it('creates a machine of a server without Docker', async () => {
    expect((await guest.run('command -v dockerd')).code).not.toBe(0);
    const words = ['--engine-label', label, '--engine-registry-mirror', registry.mirrorUrl];
    const said = await store.must(...store.createWords(guest, MACHINE, user, ...words));
    expect(said).toContain(`Provisioning with ${provisioner}...`);
    expect(said).toContain('Docker is up and running!');
    expect(await guest.must('hostname')).toBe(MACHINE);
    expect(await guest.must('stat -c "%a %U" /etc/docker/server-key.pem')).toBe('600 root');
  });

  it('runs containers for the unmodified docker CLI over TLS', async () => {
    expect(await docker('run', '--rm', 'hello-world')).toContain('Hello');
    expect(await docker('info', '--format', '{{.Labels}}')).toContain(label);
    await docker('run', '-d', '--name', 'lasting', '--restart', 'always', 'busybox', 'sleep', '1000000');
  });

  it('changes and restarts nothing when it provisions again', async () => {
    const started = await guest.must(STARTED);
    await guest.must('touch /root/marker && sleep 2');
    await store.must('provision', MACHINE);
    expect(await guest.must(STARTED)).toBe(started);
    expect(await guest.must('find /etc /usr -xdev -newer /root/marker')).toBe('');
  });

  it(publish === undefined ? 'upgrades without news, and restarts nothing' : 'upgrades to what is newer, and restarts', async () => {
    if (publish !== undefined) await guest.must(publish);
    const started = await guest.must(STARTED);
    await store.must('upgrade', MACHINE);
    if (publish === undefined) expect(await guest.must(STARTED)).toBe(started);
    else expect(await guest.must(STARTED)).not.toBe(started);
    expect((await store.must('status', MACHINE)).trim()).toBe('Running');
    expect(await docker('version', '--format', '{{.Server.Version}}')).toMatch(/^\d+\.\d+/);
  });

  it('comes back after a restart, with its containers and, without a yes, with its certificate', async () => {
    store.edit(MACHINE, 'config.json', (text) => text.replace(/"ServerCertSANs": \[[^\]]*\]/, `"ServerCertSANs": ["${NEW_NAME}"]`));
    expect(await store.must('restart', MACHINE)).toContain(`tsmachine regenerate-certs ${MACHINE}`);
    await expect
      .poll(() => docker('ps', '--format', '{{.Names}}').catch(String), { timeout: 120_000, interval: 1000 })
      .toContain('lasting');
    expect(await docker('run', '--rm', 'hello-world')).toContain('Hello');
    expect(await certificateNames(guest)).not.toContain(NEW_NAME);
  });

  // Whoever installed Docker, its certificates change the same way: once is enough for one init system.
  if (publish === undefined) certificates(() => guest, store);

  it('is forgotten by rm, and left as it is', async () => {
    await store.must('rm', '-y', MACHINE);
    expect((await store.must('ls', '-q')).trim()).toBe('');
    await guest.must('pidof dockerd');
  });
}

function certificates(guest: () => Guest, store: LongStore): void {
  const answers = async () => expect(await store.onMachine(MACHINE, 'version', '--format', '{{.Server.Version}}')).toMatch(/^\d+\.\d+/);

  it('restarts, and after a yes its engine gets a certificate for the new name', async () => {
    await store.must('restart', '-y', MACHINE);
    expect(await certificateNames(guest())).toContain(NEW_NAME);
    await answers();
  });

  it('gets new certificates, and the old ones are gone', async () => {
    const before = await guest().must('cat /etc/docker/server.pem');
    await store.must('regenerate-certs', '-f', MACHINE);
    expect(await guest().must('cat /etc/docker/server.pem')).not.toBe(before);
    await answers();
    await store.must('config', MACHINE);
  });

  it('gets a new CA and client pair, and forgets the old CA', async () => {
    const [ca, client] = [store.text(MACHINE, 'ca.pem'), store.text(MACHINE, 'cert.pem')];
    await store.must('regenerate-certs', '-f', '--client-certs', MACHINE);
    expect(store.text(MACHINE, 'cert.pem')).not.toBe(client);
    expect(store.text(MACHINE, 'ca.pem')).not.toContain(ca.trim());
    expect((await guest().must('cat /etc/docker/ca.pem')).trim()).toBe(store.text(MACHINE, 'ca.pem').trim());
    expect(JSON.parse(await store.must('certs', '--json'))).toMatchObject({ rotating: false });
    await answers();
  });
}

async function certificateNames(guest: Guest): Promise<string | undefined> {
  return new X509Certificate(await guest.must('cat /etc/docker/server.pem')).subjectAltName;
}
