import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRoutes } from '../../../src/engine/api/system.ts';
import { dispatcher } from '../../../src/engine/http/dispatch.ts';
import { type Listeners, openListeners } from '../../../src/engine/http/listen.ts';
import { Router } from '../../../src/engine/http/router.ts';

let folder: string;
let listeners: Listeners | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-tls-'));
});

afterEach(async () => {
  await listeners?.close();
  listeners = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string): string => join(folder, name);

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

function makeAuthority(name: string): void {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    `${name}-key.pem`,
    '-out',
    `${name}.pem`,
    '-days',
    '10',
  );
}

function makeCertificate(name: string, authority: string, days = '5'): void {
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    `${name}-key.pem`,
    '-out',
    `${name}.csr`,
  );
  writeFileSync(file('extensions'), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    `${authority}.pem`,
    '-CAkey',
    `${authority}-key.pem`,
    '-CAcreateserial',
    '-days',
    days,
    '-extfile',
    'extensions',
    '-out',
    `${name}.pem`,
  );
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => probe.once('listening', done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

async function listen(): Promise<number> {
  const port = await freePort();
  const early = new Router(systemRoutes());
  const handler = dispatcher({ early, full: Promise.resolve(early), onUnixSocket: false, log: () => undefined });
  const tls = { verify: true, ca: file('ca.pem'), cert: file('server.pem'), key: file('server-key.pem') };
  listeners = await openListeners(
    { listen: [{ kind: 'tcp', host: '127.0.0.1', port }], tls, group: 'docker', passed: [] },
    { unix: handler, network: handler },
  );
  return port;
}

/** `_ping`; gives the body and the name in the server's certificate, or the error's code. */
function ping(port: number, ca: string, client?: string, agent?: https.Agent): Promise<string> {
  const identity = client === undefined ? {} : { cert: readFileSync(file(`${client}.pem`)), key: readFileSync(file(`${client}-key.pem`)) };
  return new Promise((done) => {
    const request = https.get(
      { host: '127.0.0.1', port, path: '/_ping', ca: readFileSync(file(`${ca}.pem`)), ...identity, agent: agent ?? false },
      (answer) => {
        const name = (answer.socket as TLSSocket).getPeerCertificate().subject.CN;
        answer.setEncoding('utf8').on('data', (body: string) => done(`${body} from ${name}`));
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => done(`refused: ${error.code}`));
  });
}

test('only clients with a certificate of the right authority that has not expired get in', async () => {
  makeAuthority('ca');
  makeAuthority('other');
  makeCertificate('server', 'ca');
  makeCertificate('client', 'ca');
  makeCertificate('foreign', 'other');
  makeCertificate('expired', 'ca', '-1');
  const port = await listen();
  expect(await ping(port, 'ca', 'client')).toBe('OK from server');
  for (const client of [undefined, 'foreign', 'expired']) expect(await ping(port, 'ca', client)).toMatch(/^refused: /);
  expect(listeners?.ports).toEqual([port]);
});

test('the client authority is a bundle, and everything is swapped without closing connections', async () => {
  makeAuthority('ca');
  makeAuthority('second');
  makeCertificate('server', 'ca');
  makeCertificate('client', 'ca');
  makeCertificate('later', 'second');
  const port = await listen();
  const keepAlive = new https.Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: readFileSync(file('ca.pem')),
    cert: readFileSync(file('client.pem')),
    key: readFileSync(file('client-key.pem')),
  });
  expect(await ping(port, 'ca', 'client', keepAlive)).toBe('OK from server');
  expect(await ping(port, 'ca', 'later')).toMatch(/^refused: /);

  writeFileSync(file('first.pem'), readFileSync(file('ca.pem')));
  writeFileSync(file('ca.pem'), Buffer.concat([readFileSync(file('first.pem')), readFileSync(file('second.pem'))]));
  makeCertificate('renewed', 'second');
  writeFileSync(file('server.pem'), readFileSync(file('renewed.pem')));
  writeFileSync(file('server-key.pem'), readFileSync(file('renewed-key.pem')));
  listeners?.reloadTls();
  expect(await ping(port, 'second', 'later')).toBe('OK from renewed');
  expect(await ping(port, 'second', 'client')).toBe('OK from renewed');
  expect(await ping(port, 'ca', 'client', keepAlive)).toBe('OK from server');
  keepAlive.destroy();

  writeFileSync(file('server.pem'), 'broken');
  expect(() => listeners?.reloadTls()).toThrow();
  expect(await ping(port, 'second', 'client')).toBe('OK from renewed');
});
