import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import generic from '@tsmachine/driver-generic';
import { type DriverContext, type FlagValues, MachineError } from 'tsmachine/driver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsmachine-generic-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A server that says what it is told to: boot ids, or errors. */
function open(change: Partial<DriverContext> = {}) {
  const told: string[] = [];
  let now = 0;
  const advance = (milliseconds: number) => {
    now += milliseconds;
  };
  const context = {
    machineName: 'm',
    machineDir: dir,
    storePath: '/home/u/.docker/machine',
    signal: new AbortController().signal,
    log: { info: (line: string) => told.push(line), warn: (line: string) => told.push(`WARN ${line}`), debug: () => {} },
    clock: { now: () => now, sleep: async (milliseconds: number) => advance(milliseconds) },
    reachable: async () => true,
    runRemote: async () => ({ exitCode: 0, stdout: '', stderr: '' }),
    ...change,
  } as DriverContext;
  return { told, driver: generic.open(context, undefined) };
}

const FLAGS: FlagValues = {
  'generic-ip-address': '127.0.0.1',
  'generic-ssh-user': 'root',
  'generic-ssh-port': 2222,
  'generic-ssh-key': '',
  'generic-engine-port': 12376,
};

describe('driver generic', () => {
  it("writes docker-machine's state, keys in its order", async () => {
    const { driver } = open();
    await driver.configure(FLAGS);
    expect(driver.serialize()).toBe(
      '{"IPAddress":"127.0.0.1","MachineName":"m","SSHUser":"root","SSHPort":2222,"SSHKeyPath":"","StorePath":"/home/u/.docker/machine",' +
        '"SwarmMaster":false,"SwarmHost":"","SwarmDiscovery":"","EnginePort":12376,"SSHKey":""}',
    );
    expect(await driver.url()).toBe('tcp://127.0.0.1:12376');
    expect(await driver.ip()).toBe('127.0.0.1');
    expect(await driver.ssh()).toEqual({ host: '127.0.0.1', port: 2222, user: 'root', keyPath: '' });
  });

  it('keeps a stored state as it was, and fills in what it lacks', async () => {
    const text = '{"IPAddress": "h", "SSHUser": "", "Later": 12345678901234567890}';
    const driver = generic.open({ machineName: 'm', storePath: '/s', reachable: async () => true } as unknown as DriverContext, text);
    expect(driver.serialize()).toBe(text);
    expect(await driver.url()).toBe('tcp://h:2376');
  });

  it.each([
    ['::1', 'tcp://[::1]:12376', '::1'],
    ['[fe80::1]', 'tcp://[fe80::1]:12376', 'fe80::1'],
    ['server.example.com', 'tcp://server.example.com:12376', 'server.example.com'],
  ])('takes the address %s', async (address, url, ip) => {
    const { driver } = open();
    await driver.configure({ ...FLAGS, 'generic-ip-address': address });
    expect([await driver.url(), await driver.ip()]).toEqual([url, ip]);
  });

  it('refuses addresses and ports that cannot be right', async () => {
    const { driver } = open();
    await expect(driver.configure({ ...FLAGS, 'generic-ip-address': '' })).rejects.toThrow(
      'generic driver requires the --generic-ip-address option',
    );
    await expect(driver.configure({ ...FLAGS, 'generic-ip-address': 'fe80::1%eth0' })).rejects.toThrow('an address without a zone');
    for (const address of ['-oProxyCommand=id', 'a b', 'u@h', '10.0.0.1:22', 'x/../y', '$(id)'])
      await expect(driver.configure({ ...FLAGS, 'generic-ip-address': address }), address).rejects.toThrow(
        'expected an address or a host name',
      );
    for (const flag of ['generic-ssh-port', 'generic-engine-port'])
      for (const port of [-1, 65_536])
        await expect(driver.configure({ ...FLAGS, [flag]: port })).rejects.toThrow(`--${flag}: expected a port`);
  });

  it('runs when its SSH port answers, and has no URL else', async () => {
    const asked: unknown[] = [];
    const { driver } = open({ reachable: async (endpoint, timeout) => asked.push([endpoint.port, timeout]) === 1 });
    await driver.configure(FLAGS);
    expect([await driver.state(), await driver.state()]).toEqual(['Running', 'Stopped']);
    await expect(driver.url()).rejects.toThrow('Host is not running');
    expect(asked).toEqual(Array.from({ length: 3 }, () => [2222, 15_000]));
  });

  it('copies the key for its owner alone, under a name that is nobody else’s', async () => {
    const key = join(dir, 'key of mine');
    writeFileSync(key, 'PRIVATE', { mode: 0o644 });
    writeFileSync(`${key}.pub`, 'PUBLIC');
    const machine = mkdtempSync(join(dir, 'm-'));
    symlinkSync(key, join(dir, 'config.json'));
    for (const [given, name] of [
      [key, 'key of mine'],
      [join(dir, 'config.json'), 'ssh-config.json'],
    ] as const) {
      const { driver, told } = open({ machineDir: machine });
      await driver.configure({ ...FLAGS, 'generic-ssh-key': given });
      await driver.preCreateCheck();
      await driver.create();
      expect(told).toEqual(['Importing SSH key...']);
      const { keyPath } = (await driver.ssh()) ?? {};
      expect(keyPath).toBe(join(machine, name));
      expect([readFileSync(join(machine, name), 'utf8'), statSync(join(machine, name)).mode & 0o777]).toEqual(['PRIVATE', 0o600]);
      expect(JSON.parse(driver.serialize())).toMatchObject({ SSHKey: given });
    }
    expect(readFileSync(join(machine, 'key of mine.pub'), 'utf8')).toBe('PUBLIC');
  });

  it('says what it does without a key, and that one is missing', async () => {
    const without = open();
    await without.driver.configure(FLAGS);
    await without.driver.preCreateCheck();
    await without.driver.create();
    expect(without.told).toEqual(['No SSH key specified. Assuming an existing key at the default location.']);
    const { driver } = open();
    await driver.configure({ ...FLAGS, 'generic-ssh-key': '/no/such' });
    await expect(driver.preCreateCheck()).rejects.toThrow('SSH key does not exist: "/no/such"');
  });

  it.each(['start', 'stop', 'kill'] as const)('has no power: %s', async (method) => {
    await expect(open().driver[method]()).rejects.toThrow(`generic driver does not support ${method}`);
  });
});

describe('restart', () => {
  const away = () => Promise.reject(new MachineError('SSH_FAILED', 'connection refused'));
  const answer = (stdout: string, exitCode = 0, stderr = '') => Promise.resolve({ exitCode, stdout, stderr });

  async function restart(answers: (() => Promise<{ exitCode: number; stdout: string; stderr: string }>)[]) {
    const words: string[] = [];
    const { driver } = open({
      runRemote: async (_endpoint, command, { root = false } = {}) => {
        words.push(`${root ? 'root ' : ''}${command[0]}`);
        return (answers.length > 1 ? answers.shift() : answers[0])?.() ?? away();
      },
    });
    await driver.configure(FLAGS);
    await driver.restart();
    return words;
  }

  it('is over when the server came back with another boot', async () => {
    const words = await restart([() => answer('one\n'), away, () => answer('one\n'), away, away, () => answer('two\n')]);
    expect(words).toEqual(['cat', 'root sh', 'cat', 'cat', 'cat', 'cat']);
  });

  it('tells a server that refuses, that stays, that is gone, and that is another one', async () => {
    await expect(restart([() => answer('one'), () => answer('', 1, 'not permitted\n')])).rejects.toThrow(
      'refused to restart (exit 1): not permitted',
    );
    await expect(restart([() => answer('one'), () => answer(''), () => answer('one')])).rejects.toThrow('still runs after 10 minutes');
    await expect(restart([() => answer('one'), () => answer(''), away])).rejects.toThrow(
      'did not answer on its SSH port again within 10 minutes',
    );
    const changed = () => Promise.reject(new MachineError('SSH_HOST_KEY', 'another key'));
    await expect(restart([() => answer('one'), () => answer(''), changed])).rejects.toThrow('another key');
  });
});
