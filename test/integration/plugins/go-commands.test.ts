import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import qemu from '../../../drivers/qemu/src/index.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { DriverContext } from '../../../src/driver/index.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import { goDriver } from '../../../src/plugins/go/index.ts';
import { configText } from '../../../src/store/config.ts';
import { defaultHostOptions } from '../../../src/store/host-options.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { BuiltCli } from '../cli/built-cli.ts';
import { Probe } from './probe.ts';

describe('commands with a docker-machine plugin', () => {
  let cli: BuiltCli;
  beforeAll(() => {
    cli = new BuiltCli();
  });
  afterAll(() => cli.remove());

  /** A machine as docker-machine left it. */
  function stored(name: string, probe: Probe): void {
    const dir = join(cli.store, 'machines', name);
    mkdirSync(dir, { recursive: true });
    const driver = { IPAddress: '127.0.0.1', MachineName: name, StorePath: cli.store, ServerID: `server-${name}`, Folder: probe.cloud };
    const config = { name, driverName: 'probe', driver: JSON.stringify(driver), hostOptions: defaultHostOptions() };
    writeFileSync(join(dir, 'config.json'), configText(config), { mode: 0o600 });
    writeFileSync(join(probe.cloud, name), 'Stopped');
  }

  it('lists twenty machines with one process each, and leaves none', async () => {
    const probe = new Probe('probe');
    const names = Array.from({ length: 20 }, (_, at) => `m${at + 10}`);
    for (const name of names) stored(name, probe);
    const { code, stdout, stderr } = await cli.run(['ls', '--format', '{{.Name}} {{.DriverName}} {{.State}}'], { env: probe.environment });
    expect([code, stdout, stderr]).toEqual([0, names.map((name) => `${name} probe Stopped\n`).join(''), '']);
    expect(probe.all()).toHaveLength(20);
    expect(probe.alive()).toEqual([]);
    const removed = await cli.run(['rm', '-y', ...names], { env: probe.environment });
    expect([removed.code, removed.stderr]).toEqual([0, '']);
    expect(probe.servers()).toEqual([]);
    expect(probe.all()).toHaveLength(40);
    expect(probe.alive()).toEqual([]);
  });

  it('show flags, hide a token, remove what a create made before it failed', async () => {
    const probe = new Probe('probe');
    const help = await cli.run(['create', '--driver', 'probe', '--help'], { env: probe.environment });
    expect(help.stdout).toMatch(/--probe-int "4096"\s+A number \[\$PROBE_INT\]/);
    const flags = ['--probe-folder', probe.cloud, '--probe-token', 'verysecret', '--probe-do', 'fail'];
    const create = await cli.run(['--debug', 'create', '-d', 'probe', ...flags, 'failed'], { env: probe.environment });
    expect(create.code).toBe(1);
    expect(create.stdout).toContain('(failed) Creating the server...\n');
    expect(create.stderr).toContain('(failed) DBG | a line for developers with ***');
    expect(create.stderr).toContain('Error creating machine: Error in driver during machine creation: the cloud has no room');
    expect(create.stdout + create.stderr).not.toContain('verysecret');
    expect(probe.servers()).toEqual([]); // by the state that the driver had when it failed
    expect(probe.all()).toHaveLength(3); // for the help; for flags and create; for what had to be undone
    expect((await cli.run(['rm', '-y', 'failed'], { env: probe.environment })).code).toBe(0);
    const refused = await cli.run(['create', '-d', 'probe', '--probe-folder', '/nowhere', 'refused'], { env: probe.environment });
    expect([refused.code, refused.stderr]).toEqual([3, 'Error with pre-create check: "there is no such cloud"\n']);
    expect(probe.alive()).toEqual([]);
    const near = await cli.run(['create', '-d', 'prob', 'm'], { env: probe.environment });
    expect(near.stderr).toContain('Did you mean "probe"?');
  });

  it('that are killed leave a plugin that ends by itself, and a machine that can be removed', async () => {
    const probe = new Probe('probe');
    const words = ['create', '-d', 'probe', '--probe-folder', probe.cloud, '--probe-do', 'wait', 'killed'];
    const create = cli.start(words, { env: probe.environment });
    const said = text(create.stdout);
    const config = join(cli.store, 'machines/killed/config.json');
    await expect.poll(() => readFileSync(config, 'utf8'), { timeout: 30_000 }).toContain('"ServerID": "server-killed"');
    create.kill('SIGKILL');
    await once(create, 'exit');
    expect(probe.alive()).toHaveLength(1);
    await expect.poll(() => probe.alive(), { timeout: 15_000, interval: 200 }).toEqual([]); // it hears nothing for 10 s
    expect(await said).toContain('Creating machine...');
    const removed = await cli.run(['rm', '-y', 'killed'], { env: probe.environment });
    expect([removed.code, removed.stderr]).toEqual([0, '']);
    expect(probe.servers()).toEqual([]);
  });

  /** Our launcher under the name of a plugin. */
  function linked(): string {
    const program = join(temporaryFolder(), 'docker-machine-driver-tsmachine');
    symlinkSync(cli.launcher, program);
    return program;
  }

  it('that docker-machine gives are served as any plugin serves them', async () => {
    const program = linked();
    const ends: (() => Promise<void>)[] = [];
    const platform = { ...thisPlatform(), env: cli.environment({ PATH: `${join(process.execPath, '..')}:${process.env.PATH}` }) };
    const lines: string[] = [];
    const log = { ...silentLogger, info: (line: string) => void lines.push(line) };
    const host = {
      platform,
      runner: processRunner(log),
      log,
      clock: systemClock,
      atEnd: (end: () => Promise<void>) => void ends.push(end),
    };
    const definition = await goDriver('tsmachine', program, host, { flags: true });
    const { flags } = qemu;
    expect(definition.flags.map(({ name, type, env, help }) => ({ name, type, env, help }))).toEqual(
      flags.map(({ name, type, env, help }) => ({ name, type, env, help })),
    );
    const parts = { ...host, storePath: cli.store, machineName: 'm', signal: new AbortController().signal, checkpoint: async () => {} };
    const driver = definition.open(parts as unknown as DriverContext, undefined);
    await driver.configure({ ...Object.fromEntries(flags.map((flag) => [flag.name, flag.default ?? ''])), 'qemu-memory': 600 });
    expect(JSON.parse(driver.serialize())).toMatchObject({ MachineName: 'm', StorePath: cli.store, SSHUser: 'docker', Memory: 600 });
    expect(await driver.state()).toBe('None');
    await expect(driver.url()).rejects.toMatchObject({ code: 'HOST_NOT_RUNNING' });
    expect(await driver.ssh()).toMatchObject({ host: '127.0.0.1', user: 'docker', keyPath: join(cli.store, 'machines/m/id_rsa') });
    await driver.remove();
    await driver.close();
    await Promise.all(ends.map((end) => end()));
  });

  it('are not given to a plugin by hand', async () => {
    const { status, stderr } = spawnSync(process.execPath, [linked()], { env: cli.environment(), encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toBe(
      "This is a Docker Machine plugin binary.\nPlugin binaries are not intended to be invoked directly.\nPlease use this plugin through the main 'docker-machine' binary.\n(API version: 1)\n",
    );
  });
});
