import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configText } from '../../../src/store/config.ts';
import { defaultHostOptions } from '../../../src/store/host-options.ts';
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
});
