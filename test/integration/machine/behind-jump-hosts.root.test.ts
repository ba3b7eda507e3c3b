/**
 * A server with Docker's own engine that only a jump host reaches: packets that this computer sends to it end there, and nothing is
 * said about it. Needs root.
 */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alternativeNames } from '../../../src/certs/inspect.ts';
import { bootServer, type Server } from '../../support/server.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { TestStore } from '../../unit/cli/run-cli.ts';

/** Addresses of the inner network, of a block for documentation (RFC 5737): the jump host's, then two of the server. */
const GATE = '198.51.100.1';
const ADDRESS = '198.51.100.2';
const OTHER = '198.51.100.3';

const store = new TestStore();
let jump: Server;
let server: Server;
const run = (...words: string[]) => store.run(words);
const must = async (...words: string[]) => {
  const { code, stdout, stderr } = await run(...words);
  if (code !== 0) throw new Error(`${words.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
};
const file = (name: string) => join(store.path, 'machines', 'far', name);
const shown = () => new X509Certificate(readFileSync(file('server.pem')));
function change(name: string, edit: (text: string) => string): void {
  writeFileSync(file(name), edit(readFileSync(file(name), 'utf8')), { mode: 0o600 });
}
/** As a start that was killed leaves it: the next one goes on, though the server runs. */
const leaveStarting = () => change('tsmachine.json', (text) => JSON.stringify({ ...JSON.parse(text), pending: 'start' }));

async function connectInside(): Promise<void> {
  const [one, other] = [String(jump.pid), String(server.pid)];
  execFileSync('ip', ['link', 'add', 'inner', 'netns', one, 'type', 'veth', 'peer', 'inner', 'netns', other]);
  await jump.must(`ip link set inner up && ip address add ${GATE}/32 dev inner
    for a in ${ADDRESS} ${OTHER}; do ip route add $a dev inner src ${GATE}; done`);
  await server.must(`ip link set inner up && for a in ${ADDRESS} ${OTHER}; do ip address add $a/32 dev inner; done
    ip route add ${GATE} dev inner`);
  for (const address of [ADDRESS, OTHER]) execFileSync('ip', ['route', 'add', address, 'via', jump.host]); // gone with its link
}

beforeAll(async () => {
  [jump, server] = await Promise.all([bootServer(), bootServer()]);
  await connectInside();
  mkdirSync(join(store.home, '.ssh'), { mode: 0o700 });
  copyFileSync(jump.keyPath, join(store.home, '.ssh', 'id_ed25519'));
  const words = ['--generic-ip-address', ADDRESS, '--generic-ssh-key', server.keyPath, '--ssh-proxy-jump', `deploy@${jump.host}`];
  await must('create', '-d', 'generic', ...words, 'far');
});

afterAll(async () => {
  await Promise.all([jump?.dispose(), server?.dispose()]);
  store.remove();
});

const row = (address: string) => new RegExp(`^far +- +generic +Running +tcp://${address}:2376 +v20\\.10\\.\\S+ *$`, 'm');

describe('a machine behind a jump host', () => {
  it('is listed with its state and the version of its engine', async () => {
    expect(await must('ls')).toMatch(row(ADDRESS));
    expect(await must('status', 'far')).toBe('Running\n');
    expect(await must('version', 'far')).toMatch(/^20\.10\./);
  });

  it.each(['env', 'config'])('has no %s: it says where the engine is, and what brings it here', async (command) => {
    const { code, stdout, stderr } = await run(command, 'far');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`the engine of machine "far", tcp://${ADDRESS}:2376, is behind jump hosts`);
    expect(stderr).toContain('tsmachine forward far --socket PATH');
  });

  it('has a context that says the same', async () => {
    const { code, stderr } = await run('context', 'far');
    expect([code, stderr]).toEqual([0, expect.stringContaining(`works only where a network leads to tcp://${ADDRESS}:2376`)]);
    expect(await run('context', '--rm', 'far')).toMatchObject({ code: 0, stderr: '' });
  });

  it('gets new certificates', async () => {
    const before = shown().serialNumber;
    await must('regenerate-certs', '-f', 'far');
    expect(shown().serialNumber).not.toBe(before);
    expect(new X509Certificate(await server.must('cat /etc/docker/server.pem')).serialNumber).toBe(shown().serialNumber);
    expect(await must('version', 'far')).toMatch(/^20\.10\./);
  });

  it('gets a certificate for another address when it starts, once its engine may restart for it', async () => {
    change('config.json', (text) => text.replaceAll(ADDRESS, OTHER));
    leaveStarting();
    const told = await run('start', 'far');
    expect(told).toMatchObject({ code: 0, stderr: expect.stringContaining('Bring it in with: tsmachine regenerate-certs far') });
    expect(alternativeNames(shown()).addresses).not.toContain(OTHER);
    leaveStarting();
    expect(await run('start', '-y', 'far')).toMatchObject({ code: 0, stderr: '' });
    expect(alternativeNames(shown()).addresses).toContain(OTHER);
    expect(await must('ls')).toMatch(row(OTHER));
  });

  it('is reached as well over the jump host that ssh_config names', async () => {
    change('tsmachine.json', (text) => JSON.stringify({ ...JSON.parse(text), sshProxyJump: undefined }));
    const folder = temporaryFolder();
    const config = `Host ${OTHER}\n  ProxyJump deploy@${jump.host}\nHost *\n  IdentityFile ${jump.keyPath}\n`;
    writeFileSync(join(folder, 'config'), config);
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${folder}/config "$@"\n`);
    chmodSync(join(folder, 'ssh'), 0o755);
    const path = process.env.PATH;
    process.env.PATH = `${folder}${delimiter}${path}`;
    try {
      expect(await must('ls')).toMatch(row(OTHER));
      await must('regenerate-certs', '-f', 'far');
      expect((await run('env', 'far')).stderr).toContain('is behind jump hosts');
    } finally {
      process.env.PATH = path;
    }
  });

  it('has an env where a network leads to its address', async () => {
    await jump.must('echo 1 >/proc/sys/net/ipv4/ip_forward');
    await server.must(`ip route replace 198.18.0.1 via ${GATE} dev inner`);
    expect(await must('env', '--shell', 'bash', 'far')).toContain(`export DOCKER_HOST="tcp://${OTHER}:2376"\n`);
  });
});
