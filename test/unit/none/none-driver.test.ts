import none from '@tsmachine/driver-none';
import type { DriverContext } from 'tsmachine/driver';
import { describe, expect, it } from 'vitest';

const context = { machineName: 'm', storePath: '/home/u/.docker/machine' } as DriverContext;

describe('driver none', () => {
  it("writes docker-machine's state, keys in its order", async () => {
    const driver = none.open(context, undefined);
    await driver.configure({ url: 'tcp://127.0.0.1:9' });
    expect(driver.serialize()).toBe(
      '{"IPAddress":"127.0.0.1:9","MachineName":"m","SSHUser":"","SSHPort":0,"SSHKeyPath":"","StorePath":"/home/u/.docker/machine",' +
        '"SwarmMaster":false,"SwarmHost":"","SwarmDiscovery":"","URL":"tcp://127.0.0.1:9"}',
    );
    expect(await driver.url()).toBe('tcp://127.0.0.1:9');
    expect(await driver.ip()).toBe('127.0.0.1:9');
    expect(await driver.state()).toBe('Running');
    expect(await driver.ssh()).toBeUndefined();
  });

  it('keeps a stored state as it was, unknown keys and large numbers included', () => {
    const text = '{"URL": "tcp://h:1", "Later": 12345678901234567890}';
    expect(none.open(context, text).serialize()).toBe(text);
  });

  it('wants a URL', async () => {
    const driver = none.open(context, undefined);
    await expect(driver.configure({ url: '' })).rejects.toThrow('--url option is required when no driver is selected');
    for (const url of ['nonsense', '10.0.0.1:2376', 'tcp://[', '://x']) {
      await expect(driver.configure({ url }), url).rejects.toThrow('expected a URL');
    }
  });

  it.each([
    ['start', 'started'],
    ['stop', 'stopped'],
    ['restart', 'restarted'],
    ['kill', 'killed'],
  ] as const)('has no power: %s', async (method, verb) => {
    await expect(none.open(context, undefined)[method]()).rejects.toThrow(`hosts without a driver cannot be ${verb}`);
  });
});
