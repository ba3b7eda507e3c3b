import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configText, parseConfig } from '../../../src/store/config.ts';

const AT = '/new/machines/m/config.json';
const file = (name: string) => readFile(join(import.meta.dirname, '../../data/store', `${name}.json`), 'utf8');

describe.each(['v0-flat', 'v0-nested', 'v1', 'v2'])('config.json %s', (version) => {
  it('has its keys where version 3 has them, and the paths of the place where it lies', async () => {
    const text = await file(version);
    const config = await parseConfig(text, 'm', AT);
    expect(config.older).toBe(text);
    expect(config.hostOptions.AuthOptions).toEqual({
      CertDir: '/new/certs',
      CaCertPath: '/old/certs/ca.pem',
      CaPrivateKeyPath: '/old/certs/ca-key.pem',
      CaCertRemotePath: '',
      ServerCertPath:
        { 'v0-flat': '/new/machines/m/server.pem', 'v0-nested': '/old/certs/server.pem' }[version] ?? '/old/machines/m/server.pem',
      ServerKeyPath:
        { 'v0-flat': '/new/machines/m/server-key.pem', 'v0-nested': '/old/certs/server-key.pem' }[version] ??
        '/old/machines/m/server-key.pem',
      ClientKeyPath: '/old/certs/key.pem',
      ServerCertRemotePath: '',
      ServerKeyRemotePath: '',
      ClientCertPath: '/old/certs/cert.pem',
      ServerCertSANs: [],
      StorePath: '/new/machines/m',
    });
    const { EngineOptions: engine } = config.hostOptions;
    expect(engine).toMatchObject({ TlsVerify: true, InstallURL: 'https://get.docker.com' });
    if (version !== 'v0-flat') expect(engine).toMatchObject({ InsecureRegistry: ['10.0.0.0/8'], Labels: ['a=b'], StorageDriver: 'aufs' });
  });

  it("keeps the driver's keys, their order and numbers, and tells it the store", async () => {
    const text = await file(version);
    const { driver } = await parseConfig(text, 'm', AT);
    const keys = (json: string) => Object.keys(JSON.parse(json) as object);
    expect(keys(driver)).toEqual([...keys(JSON.stringify((JSON.parse(text) as { Driver: object }).Driver)), 'StorePath']);
    expect(driver).toContain('"big":9007199254740993');
    expect(JSON.parse(driver)).toMatchObject({ StorePath: '/new', URL: 'tcp://127.0.0.1:9' });
  });

  it('is version 3 once it is written, and then stays the same', async () => {
    const written = configText(await parseConfig(await file(version), 'm', AT));
    const again = await parseConfig(written, 'm', AT);
    expect(again.older).toBeUndefined();
    expect(configText(again)).toBe(written);
    expect(Object.keys(JSON.parse(written) as object)).toEqual(['ConfigVersion', 'Driver', 'DriverName', 'HostOptions', 'Name']);
  });
});

describe('a flat file', () => {
  it('keeps what it says of the swarm', async () => {
    const { SwarmOptions: swarm } = (await parseConfig(await file('v0-flat'), 'm', AT)).hostOptions;
    expect(swarm).toMatchObject({ Master: true, Host: 'tcp://0.0.0.0:3376', Discovery: 'token://foobar' });
  });
});

describe("what docker-machine's own migration left", () => {
  it.each([
    ['.', 'certs', 'certs/ca.pem'],
    ['/new', '/new/certs', '/new/certs/ca.pem'],
    ['store/machines/m', 'store/certs', 'store/certs/ca.pem'],
  ])('StorePath %s is put right', async (StorePath, CertDir, CaCertPath) => {
    const text = JSON.stringify({
      ConfigVersion: 3,
      Driver: {},
      DriverName: 'none',
      HostOptions: { AuthOptions: { StorePath, CertDir, CaCertPath } },
    });
    expect((await parseConfig(text, 'm', AT)).hostOptions.AuthOptions).toMatchObject({
      StorePath: '/new/machines/m',
      CertDir: '/new/certs',
      CaCertPath: '/new/certs/ca.pem',
    });
  });

  it('is left alone where it names a folder of some other store', async () => {
    const auth = { StorePath: '/elsewhere/machines/m', CertDir: '/elsewhere/certs' };
    const text = JSON.stringify({ ConfigVersion: 3, Driver: {}, DriverName: 'none', HostOptions: { AuthOptions: auth } });
    expect((await parseConfig(text, 'm', AT)).hostOptions.AuthOptions).toMatchObject(auth);
  });
});
