import { describe, expect, it } from 'vitest';
import { storePaths } from '../../../src/store/paths.ts';

describe('storePaths', () => {
  it("gives docker-machine's names", () => {
    const paths = storePaths('/s', 'linux');
    expect([paths.caCert, paths.caKey, paths.clientCert, paths.clientKey]).toEqual([
      '/s/certs/ca.pem',
      '/s/certs/ca-key.pem',
      '/s/certs/cert.pem',
      '/s/certs/key.pem',
    ]);
    expect(paths.machine('m')).toMatchObject({
      dir: '/s/machines/m',
      config: '/s/machines/m/config.json',
      serverCert: '/s/machines/m/server.pem',
      sshKey: '/s/machines/m/id_rsa',
    });
  });

  it('joins as Windows does there', () => {
    expect(storePaths('C:\\Users\\A B\\.docker\\machine', 'win32').machine('m').config).toBe(
      'C:\\Users\\A B\\.docker\\machine\\machines\\m\\config.json',
    );
  });

  it('makes a relative store absolute', () => {
    expect(storePaths('s', 'linux').root).toBe(`${process.cwd()}/s`);
  });

  it('keeps any lock name inside the folder of locks', () => {
    expect(storePaths('/s', 'linux').lock('../a/b')).toBe('/s/locks/..%2Fa%2Fb.lock');
  });
});
