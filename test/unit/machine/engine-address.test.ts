import { describe, expect, it } from 'vitest';
import { engineAddress, hostPort } from '../../../src/machine/engine-connection.ts';

describe('engineAddress', () => {
  it.each([
    ['tcp://10.0.0.1:2376', '10.0.0.1', 2376, '10.0.0.1:2376'],
    ['tcp://10.0.0.1', '10.0.0.1', 2376, '10.0.0.1:2376'],
    ['tcp://host.example:1/', 'host.example', 1, 'host.example:1'],
    ['tcp://[fd00::1]:99', 'fd00::1', 99, '[fd00::1]:99'],
    ['https://host.example', 'host.example', 443, 'host.example:443'],
  ])('of %s', (url, host, port, shown) => {
    expect(engineAddress(url)).toEqual({ host, port });
    expect(hostPort(engineAddress(url))).toBe(shown);
  });

  it.each(['', 'nonsense', 'unix:///var/run/docker.sock', 'tcp://:2376'])('is refused for %j', (url) => {
    expect(() => engineAddress(url)).toThrow(`found ${JSON.stringify(url)}`);
  });
});
