import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { redacted } from '../../../src/core/redaction.ts';
import type { Driver, DriverContext, DriverDefinition, FlagValues } from '../../../src/driver/index.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import { findGoDriver, goDriver, goDriversOnPath } from '../../../src/plugins/go/index.ts';
import type { PluginHost } from '../../../src/plugins/index.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { Probe } from './probe.ts';

const ends: (() => Promise<void>)[] = [];
const probes: Probe[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
  expect(probes.splice(0).flatMap((probe) => probe.alive())).toEqual([]); // none is left behind, whatever the test did
});

/** Some waits, in milliseconds, last so long instead. */
const shortened = (waits: Readonly<Record<number, number>>): Clock => ({
  now: systemClock.now,
  sleep: (milliseconds, signal) => systemClock.sleep(waits[milliseconds] ?? milliseconds, signal),
});

class Bench {
  readonly probe: Probe;
  readonly lines: string[] = [];
  readonly checkpoints: string[] = [];
  readonly abort = new AbortController();
  readonly store = temporaryFolder();
  readonly host: PluginHost;

  constructor(name: string, clock: Clock = systemClock) {
    this.probe = new Probe(name);
    probes.push(this.probe);
    const log = {
      info: (line: string) => void this.lines.push(line),
      warn: (line: string) => void this.lines.push(`WARN ${line}`),
      debug: (line: string) => void this.lines.push(`DEBUG ${line}`),
    };
    const platform = { ...thisPlatform(), env: this.probe.environment };
    this.host = { platform, runner: processRunner(log), log, clock, atEnd: (end) => void ends.push(end) };
  }

  async definition(name: string, flags = true): Promise<DriverDefinition> {
    const program = await findGoDriver(name, this.host.platform);
    return goDriver(name, program ?? '', this.host, { flags });
  }

  context(machineName: string): DriverContext {
    const checkpoint = async (state: string) => void this.checkpoints.push(state);
    const parts = { ...this.host, storePath: this.store, machineName, signal: this.abort.signal, checkpoint };
    return parts as unknown as DriverContext; // what the driver does not ask for is not there
  }

  values(given: FlagValues = {}): FlagValues {
    return { 'probe-folder': this.probe.cloud, 'probe-text': '', 'probe-int': 7, ...given };
  }

  /** Opened and told what to make. */
  async driver(name: string, given: FlagValues = {}): Promise<Driver> {
    const driver = (await this.definition(name)).open(this.context('m'), undefined);
    await driver.configure(this.values(given));
    return driver;
  }
}

describe('a plugin', () => {
  it('is found on PATH by name', async () => {
    const { probe, host } = new Bench('probe');
    const program = join(probe.folder, 'docker-machine-driver-probe');
    expect([...(await goDriversOnPath(host.platform))]).toEqual([['probe', program]]);
    expect(await findGoDriver('probe', host.platform)).toBe(program);
    for (const name of ['digitalocean', '../probe', '', 'prob']) expect(await findGoDriver(name, host.platform)).toBeUndefined();
  });

  it('has flags of all types', async () => {
    const { flags, capabilities } = await new Bench('probe').definition('probe');
    expect(capabilities).toEqual({ guest: 'distribution', hostKey: 'first-contact', power: true, sharedAddress: false });
    expect(flags).toEqual([
      { name: 'probe-folder', type: 'string', env: 'PROBE_FOLDER', help: 'Folder that stands for the cloud' },
      { name: 'probe-text', type: 'string', help: 'A text', default: 'as it <is>' },
      { name: 'probe-int', type: 'int', env: 'PROBE_INT', help: 'A number', default: 4096 },
      { name: 'probe-zero', type: 'int', help: 'A number without a default' },
      { name: 'probe-bool', type: 'bool', env: 'PROBE_BOOL', help: 'A switch' },
      { name: 'probe-list', type: 'strings', help: 'Several texts', default: ['a', 'b'] },
      { name: 'probe-none', type: 'strings', help: 'Several texts, none to begin with' },
      { name: 'probe-token', type: 'string', help: 'A secret' },
      { name: 'probe-do', type: 'string', help: 'What create does' },
    ]);
  });

  it('is given values of all types, and its state is kept value for value', async () => {
    const bench = new Bench('probe');
    const given = {
      'probe-text': 'grüß "dich" <b>',
      'probe-int': -3,
      'probe-bool': true,
      'probe-list': ['x', ''],
      'probe-token': 'verysecret',
    };
    const driver = await bench.driver('probe', given);
    const text = driver.serialize();
    expect(
      text.startsWith(`{"IPAddress":"","MachineName":"m","SSHUser":"","SSHPort":0,"SSHKeyPath":"","StorePath":"${bench.store}",`),
    ).toBe(true);
    expect(text).toContain('"SwarmHost":"tcp://0.0.0.0:3376"');
    expect(text).toContain('"10":"first","9":"second","Largest":-9223372036854775808,"Unsigned":18446744073709551615,"Float":1e-9,');
    expect(text).toContain('"Markup":"\\u003c\\u0026\\u003e\\u2028","Nothing":null,');
    expect(JSON.parse(text).Flags).toMatchObject({
      'probe-text': 'string grüß "dich" <b>',
      'probe-int': 'int -3',
      'probe-zero': 'int 0',
      'probe-bool': 'bool true',
      'probe-list': '[]string [x ]',
      'probe-none': '[]string []',
      'swarm-master': 'bool false',
    });
    await driver.close();
    const again = (await bench.definition('probe', false)).open(bench.context('m'), text);
    await again.preCreateCheck(); // asks for the state, which went through Go
    expect(again.serialize()).toBe(text);
    expect(bench.lines).toContain('flags were read');
    expect(redacted(bench.lines.join('\n'))).toContain('DEBUG DBG | a line for developers with ***');
    await again.close();
  });

  it('serves a command with one process, which ends with it', async () => {
    const bench = new Bench('probe');
    const driver = await bench.driver('probe');
    await driver.preCreateCheck();
    await driver.create();
    expect([await driver.state(), await driver.url(), await driver.ip()]).toEqual(['Running', 'tcp://127.0.0.1:2376', '127.0.0.1']);
    expect(bench.probe.all()).toHaveLength(1);
    await driver.close();
    await driver.close();
    expect(bench.probe.alive()).toEqual([]);
  });

  it('leads a machine through its life', async () => {
    const bench = new Bench('probe');
    const driver = await bench.driver('probe');
    await driver.create();
    expect(JSON.parse(bench.checkpoints.at(-1) ?? '{}')).toMatchObject({ ServerID: 'server-m', IPAddress: '127.0.0.1' });
    const keyPath = join(bench.store, 'machines/m/id_rsa');
    expect(await driver.ssh()).toEqual({ host: '127.0.0.1', port: 2222, user: 'docker', keyPath });
    await driver.stop();
    expect(await driver.state()).toBe('Stopped'); // the plugin says so a while after it was told
    await driver.stop();
    await expect(driver.url()).rejects.toMatchObject({ code: 'HOST_NOT_RUNNING', message: 'Host is not running' });
    await driver.start();
    await driver.start();
    await driver.restart();
    expect(await driver.state()).toBe('Running');
    await driver.kill();
    expect(await driver.state()).toBe('Stopped');
    await driver.remove();
    await driver.remove();
    expect(bench.probe.servers()).toEqual([]);
    await expect(driver.state()).rejects.toMatchObject({ code: 'DRIVER_FAILED' });
    expect(JSON.parse(driver.serialize()).ServerID).toBe('');
  });

  it("tells the driver's own errors", async () => {
    const bench = new Bench('probe');
    const driver = await bench.driver('probe', { 'probe-folder': join(bench.store, 'gone') });
    await expect(driver.preCreateCheck()).rejects.toMatchObject({ code: 'DRIVER_FAILED', message: 'there is no such cloud' });
    await expect(driver.configure({})).rejects.toThrow('probe driver requires the --probe-folder option');
    await expect(driver.ip()).rejects.toThrow('IP address is not set');
  });

  it('may be one from before docker-machine 0.5.1', async () => {
    const driver = await new Bench('probe-v0').driver('probe-v0');
    await driver.create();
    expect(await driver.state()).toBe('Running');
  });

  it('answers calls that overlap', async () => {
    const driver = await new Bench('probe').driver('probe');
    await driver.create();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, at) => (at % 2 ? driver.ip() : driver.state())));
    expect(answers).toEqual(Array.from({ length: 200 }, (_, at) => (at % 2 ? '127.0.0.1' : 'Running')));
  });
});

describe('a plugin that fails', () => {
  it.each([
    ['probe-dies', 'ended (exit code 3) before it said where it listens; it said: the licence has expired'],
    ['probe-silent', 'did not say where it listens within 10 s'],
    ['probe-words', 'expected an address such as 127.0.0.1:4711 in its first line, found "hello, I am a plugin \\\\u001b[31m"'],
    ['probe-elsewhere', 'expected an address such as 127.0.0.1:4711 in its first line, found "192.0.2.1:80"'],
    ['probe-garbage', "GetVersion: expected net/rpc's answers: expected an integer of at most 8 bytes, found 9"],
    [
      'probe-web',
      'the connection: expected net/rpc\'s answers: expected "HTTP/1.0 200 Connected to Go RPC", found "HTTP/1.0 404 Not Found"',
    ],
    ['probe-future', 'Driver binary uses an incompatible API version (2)'],
  ])('%s', async (name, message) => {
    const bench = new Bench(name, name === 'probe-silent' ? shortened({ 10000: 300 }) : systemClock);
    const failure = await bench.definition(name).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'PLUGIN_FAILED', hint: expect.stringContaining('--debug') });
    expect((failure as Error).message).toBe(`plugin ${join(bench.probe.folder, `docker-machine-driver-${name}`)}: ${message}`);
    expect(bench.probe.all()).toHaveLength(1);
    expect(bench.probe.alive()).toEqual([]);
  });

  it('with a program that cannot be run', async () => {
    const bench = new Bench('probe');
    await expect(goDriver('x', '/etc/passwd', bench.host, { flags: true })).rejects.toMatchObject({ code: 'PROGRAM_NOT_STARTED' });
    await expect(goDriver('x', '/nowhere', bench.host, { flags: true })).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' });
  });

  it('with a state that is none', async () => {
    const bench = new Bench('probe-nostate');
    await expect(bench.driver('probe-nostate')).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
      message: expect.stringContaining('GetConfigRaw: expected a JSON object'),
    });
  });

  it('and stays after it was asked to end', async () => {
    const bench = new Bench('probe-stays');
    const driver = await bench.driver('probe-stays');
    await driver.close();
    expect(bench.probe.alive()).toEqual([]);
  });

  it('with an answer that does not come', async () => {
    const bench = new Bench('probe-hang');
    const driver = await bench.driver('probe-hang');
    const state = driver.state();
    await setTimeout(300);
    bench.abort.abort(new Error('interrupted'));
    await expect(state).rejects.toThrow('interrupted');
    const late = new Bench('probe-hang', shortened({ 120000: 300 }));
    const slow = await late.driver('probe-hang');
    await expect(slow.state()).rejects.toThrow('did not answer GetState within 120 s');
  });
});

describe('a create that fails', () => {
  const made = (bench: Bench) => JSON.parse(bench.checkpoints.at(-1) ?? '{}').ServerID;

  it.each([
    ['fail', 'DRIVER_FAILED', 'the cloud has no room'],
    [
      'panic',
      'PLUGIN_FAILED',
      'ended (exit code 2) during Create; it said: panic: runtime error: invalid memory address or nil pointer dereference',
    ],
    ['exit', 'PLUGIN_FAILED', 'ended (exit code 7) during Create'],
  ])('by %s', async (how, code, message) => {
    const bench = new Bench('probe');
    const driver = await bench.driver('probe', { 'probe-do': how });
    await expect(driver.create()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    if (how === 'fail') expect(made(bench)).toBe('server-m');
    await driver.close();
  });

  it('by a process that stands still', async () => {
    const bench = new Bench('probe', shortened({ 3000: 100, 20000: 1000 }));
    const driver = await bench.driver('probe', { 'probe-do': 'stop' });
    await expect(driver.create()).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
      message: expect.stringContaining('it does not answer any more'),
    });
  });

  it('by Ctrl-C, and knows what it had begun', async () => {
    const bench = new Bench('probe', shortened({ 5000: 500 }));
    const driver = await bench.driver('probe', { 'probe-do': 'wait' });
    const create = driver.create();
    await expect.poll(() => bench.probe.servers()).toEqual(['m']);
    bench.abort.abort(new Error('interrupted'));
    await expect(create).rejects.toThrow('interrupted');
    expect(made(bench)).toBe('server-m');
    await driver.close();
    expect(bench.probe.alive()).toEqual([]);
    const undo = (await bench.definition('probe', false)).open(
      { ...bench.context('m'), signal: new AbortController().signal },
      bench.checkpoints.at(-1),
    );
    await undo.remove();
    expect(bench.probe.servers()).toEqual([]);
  });
});
