/** What `env` and `config` check, with driver none and real TLS servers on loopback addresses. */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { createServer as createTcp, type Server } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import none from '../../../drivers/none/src/index.ts';
import { ensureAuthority, issueServerCertificate } from '../../../src/certs/authority.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { machinesHost } from '../../../src/machine/host.ts';
import { type Machine, openMachines } from '../../../src/machine/index.ts';
import { createRequest, noSteps, type TestStore, testStore } from '../../support/machines.ts';

const DAY = 24 * 3600 * 1000;

let store: TestStore;
const servers: Server[] = [];

beforeAll(async () => {
  store = await testStore(none);
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

interface Shown {
  readonly names: readonly string[];
  readonly now?: number;
  readonly certificates?: TestStore;
}

async function issue({ names, now = Date.now(), certificates = store }: Shown) {
  const { authority } = machinesHost(certificates.options);
  await ensureAuthority(authority, { user: 'tester', now: Date.now(), log: silentLogger });
  return issueServerCertificate(authority, { user: 'tester', machineName: 'm', names, now });
}

/** An engine on that address which answers /version to clients of the store's CA. Gives its port. */
async function engine(address: string, shown: Shown): Promise<number> {
  const { certificate, key } = await issue(shown);
  const ca = await readFile(machinesHost((shown.certificates ?? store).options).authority.caCert);
  const options = { ca, cert: certificate, key, requestCert: true, rejectUnauthorized: true };
  return listen(
    createServer(options, (_request, answer) => answer.end('{"Version":"28.5.2"}')),
    address,
  );
}

async function listen(server: Server, address: string): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const bound = server.address();
  if (typeof bound !== 'object' || !bound) throw new Error('no port');
  return bound.port;
}

let count = 0;
async function machineAt(url: string): Promise<Machine> {
  const machines = openMachines(store.options);
  const name = `m${count++}`;
  await machines.create(createRequest(name, none, { url }), noSteps);
  return machines.load(name);
}

async function refusal(machine: Machine): Promise<string> {
  return machine.checkTls().then(
    () => 'accepted',
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  );
}

describe('the TLS check', () => {
  it('accepts the engine of the machine, by address and by name', async () => {
    const port = await engine('127.0.0.1', { names: ['127.0.0.1', 'localhost'] });
    for (const host of ['127.0.0.1', 'localhost']) {
      const machine = await machineAt(`tcp://${host}:${port}`);
      expect(await refusal(machine)).toBe('accepted');
      expect(await machine.engineVersion()).toBe('28.5.2');
    }
  });

  it("names both addresses in docker-machine's message, and what mends it", async () => {
    const port = await engine('127.0.0.2', { names: ['127.0.0.1', 'localhost'] });
    const machine = await machineAt(`tcp://127.0.0.2:${port}`);
    expect(await refusal(machine)).toBe(
      'TLS_CHECK_FAILED Error checking and/or regenerating the certs: There was an error validating certificates for host ' +
        `"127.0.0.2:${port}": x509: certificate is valid for 127.0.0.1, not 127.0.0.2\n` +
        `You can attempt to regenerate them using 'tsmachine regenerate-certs ${machine.name}'.\n`,
    );
  });

  it('is content again with the pair that regenerate-certs makes', async () => {
    const port = await engine('127.0.0.2', { names: ['127.0.0.1'] });
    const machine = await machineAt(`tcp://127.0.0.2:${port}`);
    await machine.regenerateCerts();
    expect(store.warnings.join('\n')).toContain('server.pem');
    const [cert, key, ca] = await Promise.all(
      ['server.pem', 'server-key.pem', 'ca.pem'].map((file) => readFile(join(store.root, 'machines', machine.name, file))),
    );
    for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
    const again = createServer({ ca, cert, key, requestCert: true });
    servers.push(again);
    await new Promise<void>((resolve) => again.listen(port, '127.0.0.2', resolve));
    expect(await refusal(machine)).toBe('accepted');
  });

  it('tells names apart as Go does', async () => {
    const port = await engine('127.0.0.1', { names: ['a.example', 'b.example'] });
    expect(await refusal(await machineAt(`tcp://localhost:${port}`))).toContain(
      'x509: certificate is valid for a.example, b.example, not localhost',
    );
    expect(await refusal(await machineAt(`tcp://127.0.0.1:${port}`))).toContain(
      "x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs",
    );
  });

  it('refuses an expired certificate, with the dates', async () => {
    const port = await engine('127.0.0.1', { names: ['127.0.0.1'], now: Date.now() - 1081 * DAY });
    expect(await refusal(await machineAt(`tcp://127.0.0.1:${port}`))).toMatch(
      /x509: certificate has expired or is not yet valid: current time \S+Z is after \S+Z\n/,
    );
  });

  it('refuses a certificate of another CA', async () => {
    const port = await engine('127.0.0.1', { names: ['127.0.0.1'], certificates: await testStore(none) });
    expect(await refusal(await machineAt(`tcp://127.0.0.1:${port}`))).toContain('x509: certificate signed by unknown authority');
  });

  it("refuses another machine's engine on the port this one had", async () => {
    const names = ['127.0.0.1'];
    const port = await engine('127.0.0.1', { names });
    const machine = await machineAt(`tcp://127.0.0.1:${port}`);
    await machine.regenerateCerts(); // now the store has its own server.pem, and the engine is not that one
    expect(await refusal(machine)).toMatch(
      /is not that of machine "m\d+": expected the certificate with fingerprint [0-9A-F:]+, found [0-9A-F:]+\n/,
    );
    await expect(machine.engineVersion()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });

  it('waits for files that are just following a new certificate of the engine', async () => {
    const before = await issue({ names: ['127.0.0.1'] });
    const port = await engine('127.0.0.1', { names: ['127.0.0.1'] }); // shows another one
    const machine = await machineAt(`tcp://127.0.0.1:${port}`);
    const file = join(store.root, 'machines', machine.name, 'server.pem');
    await writeFile(file, before.certificate);
    expect(await refusal(machine)).toContain('is not that of machine');
    const shown = await new Promise<string>((resolve) => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()?.toString() ?? '');
        socket.destroy();
      }).on('error', () => {});
    });
    const checking = refusal(machine);
    setTimeout(() => void writeFile(file, shown), 300);
    expect(await checking).toBe('accepted');
  });

  it('says that nobody listens, in the words of Go', async () => {
    const port = await engine('127.0.0.1', { names: ['127.0.0.1'] });
    for (const server of servers.splice(0)) server.close();
    const machine = await machineAt(`tcp://127.0.0.1:${port}`);
    expect(await refusal(machine)).toContain(`"127.0.0.1:${port}": dial tcp 127.0.0.1:${port}: connect: connection refused\n`);
    await expect(machine.engineVersion()).rejects.toThrow('Unable to query docker version: Cannot connect to the docker engine endpoint');
  });

  it('says so when something else listens there', async () => {
    const port = await listen(
      createTcp((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      '127.0.0.1',
    );
    expect(await refusal(await machineAt(`tcp://127.0.0.1:${port}`))).toContain('tls: first record does not look like a TLS handshake');
  });

  it('reaches an IPv6 address', async () => {
    const port = await engine('::1', { names: ['::1'] });
    expect(await refusal(await machineAt(`tcp://[::1]:${port}`))).toBe('accepted');
  });

  it('stops waiting for a silent peer when it is aborted', async () => {
    const port = await listen(
      createTcp(() => {}),
      '127.0.0.1',
    );
    const abort = new AbortController();
    await machineAt(`tcp://127.0.0.1:${port}`);
    const machine = await openMachines({ ...store.options, signal: abort.signal }).load(`m${count - 1}`);
    const checking = machine.checkTls();
    setTimeout(() => abort.abort(new Error('Ctrl-C')), 200);
    await expect(checking).rejects.toThrow('Ctrl-C');
  });
});
