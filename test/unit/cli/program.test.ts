import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestStore } from './run-cli.ts';

let store: TestStore;
beforeEach(() => {
  store = new TestStore();
});
afterEach(() => store.remove());

const NOT_FOUND = 'Docker machine "nosuch" does not exist. Use "tsmachine ls" to list machines. Use "tsmachine create" to add a new one.\n';

describe('what is no command', () => {
  it.each([['--version'], ['-v'], ['version'], ['-version']])('%s prints the version', async (word) => {
    const printed = await store.run([word]);
    expect(printed).toMatchObject({ code: 0, stderr: '' });
    expect(printed.stdout).toMatch(/^tsmachine version \d+\.\d+\.\d+\S*, build \S+\n$/);
  });

  it('goes by the name it was called by', async () => {
    expect((await store.run(['--version'], { invocation: ['/opt/docker-machine'] })).stdout).toMatch(/^docker-machine version /);
    expect((await store.run(['--version'], { invocation: ['C:\\x\\TsMachine.exe'] })).stdout).toMatch(/^TsMachine version /);
    const missing = await store.run(['ip', 'tsmachine'], { invocation: ['/opt/docker-machine'] });
    expect(missing.stderr).toBe(
      'Docker machine "tsmachine" does not exist. Use "docker-machine ls" to list machines. Use "docker-machine create" to add a new one.\n',
    );
  });

  it.each([
    ['help', 'help'],
    ['help', '--help'],
    ['h', 'h'],
  ])('%s %s tells about help', async (...words) => {
    const stdout = 'Usage: tsmachine help [arg...]\n\nShows a list of commands or help for one command\n';
    expect(await store.run(words)).toEqual({ code: 0, stdout, stderr: '' });
  });

  it.each([[[]], [['help']], [['h']], [['--help']], [['-h']], [['-help']], [['--storage-path', '/x', 'help']]])(
    '%j prints the help',
    async (words) => {
      const printed = await store.run(words);
      expect(printed).toMatchObject({ code: 0, stderr: '' });
      expect(printed.stdout).toMatch(/^Usage: tsmachine \[OPTIONS\] COMMAND \[arg\.\.\.\]\n\nCreate and manage machines/);
      expect(printed.stdout).toMatch(/\n {2}regenerate-certs\tRegenerate TLS Certificates for a machine\n/);
    },
  );

  it('accepts the flags of docker-machine that have no effect here', async () => {
    const flags = ['--bugsnag-api-token=no-report', '--native-ssh', '--github-api-token', 'x'];
    expect(await store.run([...flags, 'ls', '-q'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('shows where the store is', async () => {
    const line = (path: string) => `  --storage-path, -s "${path}"`;
    expect((await store.run([])).stdout).toContain(line(store.path));
    expect((await store.run(['-s', '/elsewhere'])).stdout).toContain(line('/elsewhere'));
    expect((await store.run([], { env: { MACHINE_STORAGE_PATH: '/env' } })).stdout).toContain(line('/env'));
  });

  it('lays a command help out as docker-machine', async () => {
    const help = [
      'Usage: tsmachine rm [OPTIONS] [arg...]',
      '',
      'Remove a machine',
      '',
      'Description:',
      '   Argument(s) are one or more machine names.',
      '',
      'Options:',
      '   ',
      '   --force, -f\tRemove local configuration even if machine cannot be removed, also implies an automatic yes (`-y`)',
      '   -y\t\tAssumes automatic yes to proceed with remove, without prompting further user confirmation',
      '',
    ].join('\n');
    for (const words of [
      ['rm', '--help'],
      ['rm', '-h', 'x'],
      ['rm', 'x', '--help'],
      ['help', 'rm'],
    ])
      expect(await store.run(words)).toEqual({ code: 0, stdout: help, stderr: '' });
  });

  it('leaves options out of the help of a command without any', async () => {
    expect((await store.run(['ip', '--help'])).stdout).toBe(
      'Usage: tsmachine ip [arg...]\n\nGet the IP address of a machine\n\nDescription:\n   Argument(s) are one or more machine names.\n',
    );
  });

  it('sorts the flags of create and adds those of the driver', async () => {
    const { stdout } = await store.run(['create', '-d', 'none', '--help'], { invocation: ['./tsmachine'] });
    const flags = stdout.split('\n').filter((line) => line.startsWith('   --'));
    expect(flags).toEqual([...flags].sort());
    expect(flags.some((line) => /^ {3}--url \t+URL of host when no driver is selected$/.test(line))).toBe(true);
    expect(stdout).toContain(
      "   Run './tsmachine create --driver name --help' to include the create flags for that driver in the help text.",
    );
    for (const words of [['--driver=none'], ['-driver', 'none'], ['-d=none'], ['x', '--driver', 'none']])
      expect((await store.run(['create', ...words, '--help'])).stdout, words.join(' ')).toContain('--url ');
    expect((await store.run(['create', '--help'], { env: { MACHINE_DRIVER: 'none' } })).stdout).toContain('--url ');
  });
});

describe('wrong command lines', () => {
  it.each([
    [['nosuch'], "tsmachine: 'nosuch' is not a tsmachine command. See 'tsmachine --help'.\n"],
    [['help', 'nosuch'], "tsmachine: 'nosuch' is not a tsmachine command. See 'tsmachine --help'.\n"],
    [['sttaus', 'm'], "tsmachine: 'sttaus' is not a tsmachine command. See 'tsmachine --help'.\nDid you mean 'tsmachine status'?\n"],
    [['--storage-pth', 'x', 'ls'], 'flag provided but not defined: -storage-pth\nDid you mean --storage-path?\n'],
    [['ls', '--qiuet'], 'flag provided but not defined: -qiuet\nDid you mean --quiet?\n'],
    [['ls', '-s', '/x'], 'flag provided but not defined: -s\n'],
    [['ls', '--timeout', 'x'], 'invalid value "x" for flag -timeout: parse error\n'],
    [['env', 'a', 'b'], 'Error: Expected one machine name as an argument\n'],
    [['url', 'a', 'b'], 'Error: Expected one machine name as an argument\n'],
    [['config', 'a', 'b'], 'Error: Expected one machine name as an argument\n'],
    [['env', '-u', 'm'], 'Error: Expected no machine name when the -u flag is present\n'],
    [['active', 'm'], 'Error: Too many arguments given\n'],
    [['ls', '--filter', 'x'], 'Unsupported filter syntax\nA filter is key=value\n'],
    [['ls', '--filter', 'colour=red'], "Unsupported filter key 'colour'\nKeys: name, driver, state, swarm, label\n"],
    [['create', '-d', 'none', 'a', 'b'], 'Invalid command line. Found extra arguments [b]\n'],
    [['create', '-d', 'none', '--urll', 'x', 'm'], 'flag provided but not defined: -urll\nDid you mean --url?\n'],
    [['create', '-d', 'bogus', 'm'], /^Driver "bogus" not found\. /],
    [['create', '-d', 'none', '--url', 'tcp://h:1', '.m'], /Invalid hostname specified\. Allowed hostname chars are: 0-9a-zA-Z \. -\n/],
    ...['status', 'url', 'ip', 'env', 'config', 'inspect', 'start', 'stop', 'kill', 'restart', 'ssh', 'version'].map(
      (command) => [[command, 'nosuch'], NOT_FOUND] as [string[], string],
    ),
    ...['status', 'url', 'ip', 'env', 'config', 'inspect', 'start', 'stop', 'kill', 'restart', 'ssh'].map(
      (command) => [[command], 'Error: No machine name(s) specified and no "default" machine exists\n'] as [string[], string],
    ),
  ] as [string[], string | RegExp][])('%j', async (words, message) => {
    const printed = await store.run(words, { env: { SHELL: '/bin/sh' } });
    expect(printed.stderr).toMatch(message);
    if (typeof message === 'string') expect(printed.stderr).toBe(message);
    expect(printed).toMatchObject({ code: 1, stdout: '' });
  });

  it.each([
    [['rm'], 'Error: Expected to get one or more machine names as arguments\n'],
    [['create', '-d', 'none'], 'Error: No machine name specified\n'],
    [['inspect', 'a', 'b'], 'Error: Expected one machine name as an argument\n'],
  ])('%j shows the help first', async (words, stderr) => {
    const { stdout } = await store.run([...words, '--help']);
    expect(await store.run(words)).toEqual({ code: 1, stdout, stderr });
  });

  it('says a bad MACHINE_DEBUG', async () => {
    expect(await store.run(['ls'], { env: { MACHINE_DEBUG: 'x' } })).toMatchObject({
      code: 1,
      stderr: 'Error parsing boolean value from MACHINE_DEBUG: strconv.ParseBool: parsing "x": invalid syntax\n',
    });
  });
});

describe('machines', () => {
  it('are made, listed, told and removed', async () => {
    const created = await store.run(['create', '-d', 'none', '--url=tcp://127.0.0.1:9', 'foo']);
    expect(created).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        `Creating CA: ${join(store.path, 'certs', 'ca.pem')}`,
        `Creating client certificate: ${join(store.path, 'certs', 'cert.pem')}`,
        'Running pre-create checks...',
        'Creating machine...',
        'To see how to connect your Docker Client to the Docker Engine running on this virtual machine, run: tsmachine env foo',
        '',
      ].join('\n'),
    });
    expect((await store.run(['status', 'foo'])).stdout).toBe('Running\n');
    expect((await store.run(['url', 'foo'])).stdout).toBe('tcp://127.0.0.1:9\n');
    expect((await store.run(['ip', 'foo'])).stdout).toBe('127.0.0.1:9\n');
    expect((await store.run(['ls', '-q'])).stdout).toBe('foo\n');
    expect(await store.run(['create', '-d', 'none', '--url=tcp://x:9', 'foo'])).toMatchObject({
      code: 1,
      stderr: 'Docker machine "foo" already exists\n',
    });
    expect(await store.run(['rm', '-y', 'foo'])).toEqual({
      code: 0,
      stderr: '',
      stdout: 'About to remove foo\nWARNING: This action will delete both local reference and remote instance.\nSuccessfully removed foo\n',
    });
    expect((await store.run(['ls', '-q'])).stdout).toBe('');
  });

  it('is called default when no name is given', async () => {
    await store.create('default', 'tcp://10.1.2.3:2376');
    expect((await store.run(['url'])).stdout).toBe('tcp://10.1.2.3:2376\n');
    expect((await store.run(['status'])).stdout).toBe('Running\n');
  });

  it('answer in the order of the names', async () => {
    for (const [at, name] of ['a', 'b', 'c'].entries()) await store.create(name, `tcp://10.0.0.${at}:1`);
    expect((await store.run(['ip', 'c', 'a', 'b'])).stdout).toBe('10.0.0.2:1\n10.0.0.0:1\n10.0.0.1:1\n');
    expect((await store.run(['--debug', 'ip', 'c', 'a', 'b'])).stdout).toBe('10.0.0.2:1\n10.0.0.0:1\n10.0.0.1:1\n');
    const printed = await store.run(['ip', 'a', 'nosuch', 'b', 'nope']);
    expect(printed).toMatchObject({ code: 1, stdout: '' });
    expect(printed.stderr).toBe(NOT_FOUND + NOT_FOUND.replace('nosuch', 'nope'));
  });

  it.each([
    ['y\n', true],
    ['Yes', true],
    ['  yolo\n', true],
    ['n\n', false],
    ['\n', false],
    ['', false],
  ])('are removed when the answer %j means yes', async (answer, removed) => {
    await store.create('foo');
    const printed = await store.run(['rm', 'foo'], { stdin: answer });
    expect(printed.code).toBe(0);
    expect(printed.stdout).toMatch(/^About to remove foo\nWARNING: .*\nAre you sure\? \(y\/n\): /);
    expect((await store.run(['ls', '-q'])).stdout).toBe(removed ? '' : 'foo\n');
  });

  it('are removed one by one, errors told at the end', async () => {
    await store.create('a');
    await store.create('b');
    const printed = await store.run(['rm', 'a', '-y', 'nosuch', 'b']);
    expect(printed.code).toBe(1);
    expect(printed.stdout).toContain('Successfully removed a\nSuccessfully removed b\n');
    expect(printed.stderr).toBe(`Error removing host "nosuch": ${NOT_FOUND}`);
    expect(await store.run(['rm', '-f', 'nosuch'])).toMatchObject({ code: 0, stderr: `Error removing host "nosuch": ${NOT_FOUND}` });
  });

  it('are listed although one of them is broken', async () => {
    await store.create('b10');
    await store.create('b9');
    mkdirSync(join(store.path, 'machines', 'broken'));
    writeFileSync(join(store.path, 'machines', 'broken', 'config.json'), '{ "ConfigVersion": 3,');
    mkdirSync(join(store.path, 'machines', 'future'));
    writeFileSync(join(store.path, 'machines', 'future', 'config.json'), '{ "ConfigVersion": 99 }');
    const config = readFileSync(join(store.path, 'machines', 'b9', 'config.json'), 'utf8');
    mkdirSync(join(store.path, 'machines', 'plugin'));
    writeFileSync(join(store.path, 'machines', 'plugin', 'config.json'), config.replace('"DriverName": "none"', '"DriverName": "weird"'));
    const { code, stdout, stderr } = await store.run(['ls', '--filter', 'name=^b1']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines[0]).toEqual(['NAME', 'ACTIVE', 'DRIVER', 'STATE', 'URL', 'SWARM', 'DOCKER', 'ERRORS']);
    expect(lines[1]?.slice(0, 5)).toEqual(['b10', '-', 'none', 'Running', 'tcp://127.0.0.1:9']);
    expect(lines[2]?.slice(0, 3)).toEqual(['broken', 'not found', 'Error']);
    expect(lines[3]?.slice(0, 3)).toEqual(['future', 'not found', 'Error']);
    expect(lines[3]?.at(-1)).toContain('config version is from the future');
    expect(lines[4]?.slice(0, 5)).toEqual(['plugin', '-', 'not-found', 'Error', 'Unknown']);
    expect(lines).toHaveLength(6);
    expect(JSON.parse((await store.run(['inspect', 'plugin'])).stdout)).toMatchObject({
      DriverName: 'weird',
      Driver: { MachineName: 'b9' },
    });
    expect((await store.run(['url', 'plugin'])).stderr).toMatch(/^Driver "weird" not found\./);
    expect((await store.run(['ls', '-q'])).stdout).toBe('b10\nb9\n');
  });

  it('shows nothing but the header of an empty store', async () => {
    expect(await store.run(['ls'])).toEqual({
      code: 0,
      stdout: 'NAME   ACTIVE   DRIVER   STATE   URL   SWARM   DOCKER   ERRORS\n',
      stderr: '',
    });
  });

  it.each([
    [['name=^a'], 'a1\na2\n'],
    [['name=1$', 'name=2$'], 'a1\na2\nb1\n'],
    [['driver=NONE'], 'a1\na2\nb1\n'],
    [['driver=qemu'], ''],
    [['state=running'], 'a1\na2\nb1\n'],
    [['state=Stopped'], ''],
    [['label=env=PROD'], 'b1\n'],
    [['label=bare'], 'b1\n'],
    [['label=env'], 'b1\n'],
    [['name=^a', 'NAME=b', 'label=env=dev'], ''],
    [['swarm=x'], ''],
    [['name=(?i)^A'], 'a1\na2\n'],
  ])('are filtered by %j', async (filters, names) => {
    await store.create('a2');
    await store.create('a1');
    await store.create('b1', 'tcp://h:1', '--engine-label', 'env=prod', '--engine-label', 'bare');
    expect(await store.run(['ls', '-q', ...filters.flatMap((filter) => ['--filter', filter])])).toEqual({
      code: 0,
      stdout: names,
      stderr: '',
    });
  });

  it('are active when DOCKER_HOST is their URL', async () => {
    await store.create('a', 'tcp://127.0.0.1:9');
    await store.create('b', 'tcp://127.0.0.1:10');
    const env = { DOCKER_HOST: 'tcp://127.0.0.1:10' };
    expect(await store.run(['active'], { env })).toEqual({ code: 0, stdout: 'b\n', stderr: '' });
    expect(await store.run(['active'])).toEqual({ code: 1, stdout: '', stderr: 'No active host found\n' });
    expect((await store.run(['ls', '-f', '{{.Name}}{{.Active}}'], { env })).stdout).toBe('a-\nb*\n');
  });

  it('go through a template', async () => {
    await store.create('a', 'tcp://h:1');
    expect((await store.run(['ls', '--format', 'table {{.Name}}\\t{{.DriverName}}\\t{{.State}}'])).stdout).toBe(
      'NAME   DRIVER   STATE\na      none     Running\n',
    );
    expect(await store.run(['ls', '-f', '{{.Nope}}'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `template: :1:2: executing "" at <.Nope>: can't evaluate field Nope in type commands.HostListItem\n`,
    });
    expect(await store.run(['ls', '-f', 'table {{.Nope}}'])).toMatchObject({ code: 1, stdout: '<no value>\n' });
    expect(await store.run(['ls', '-f', '{{'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'template: :2: unclosed action started at :1\n',
    });
  });

  it('are inspected', async () => {
    await store.create('a', 'tcp://h:1');
    const { stdout } = await store.run(['inspect', 'a']);
    expect(stdout).toMatch(/^\{\n {4}"ConfigVersion": 3,\n {4}"Driver": \{\n {8}"IPAddress": /);
    expect(JSON.parse(stdout)).toMatchObject({ Name: 'a', DriverName: 'none', Driver: { URL: 'tcp://h:1' } });
    expect((await store.run(['inspect', '-f', '{{.Driver.URL}} {{.No.Such}} {{json .HostOptions.EngineOptions.Dns}}', 'a'])).stdout).toBe(
      'tcp://h:1 <no value> null\n',
    );
    expect(await store.run(['inspect', '--format={{', 'a'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'template parsing error: template: :1: unclosed action\n',
    });
  });

  it('asks before certificates are made anew', async () => {
    await store.create('a');
    const question = 'Regenerate TLS machine certs?  Warning: this is irreversible. (y/n): ';
    expect(await store.run(['regenerate-certs', 'a'], { stdin: 'n\n' })).toEqual({ code: 0, stdout: question, stderr: '' });
    expect(await store.run(['regenerate-certs', 'a'])).toMatchObject({
      code: 1,
      stdout: question,
      stderr: expect.stringMatching(/^EOF\n/),
    });
  });
});

describe('env', () => {
  it.each([
    ['/bin/bash', [], 'unset DOCKER_TLS_VERIFY'],
    ['/usr/bin/fish', [], 'set -e DOCKER_TLS_VERIFY;'],
    ['/bin/bash', ['--shell', 'cmd'], 'SET DOCKER_TLS_VERIFY='],
  ])('forgets in SHELL=%s with %j', async (shell, flags, line) => {
    const { code, stdout, stderr } = await store.run(['env', '-u', ...flags], { env: { SHELL: shell } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')[0]).toBe(line);
    expect(stdout.split('\n')).toHaveLength(7);
  });

  it('forgets the no-proxy variable in use, whatever its value', async () => {
    const env = { SHELL: '/bin/sh', no_proxy: 'zz' };
    expect((await store.run(['env', '--unset', '--no-proxy'], { env })).stdout).toBe(
      [
        'unset DOCKER_TLS_VERIFY',
        'unset DOCKER_HOST',
        'unset DOCKER_CERT_PATH',
        'unset DOCKER_MACHINE_NAME',
        'unset no_proxy',
        '# Run this command to configure your shell: ',
        '# eval $(tsmachine env --unset --no-proxy)',
        '',
      ].join('\n'),
    );
  });

  it('prints nothing a shell could evaluate when it does not know the shell', async () => {
    expect(await store.run(['env', '-u'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('Error: Unknown shell\n'),
    });
  });

  it('keeps stdout clean when the machine cannot be reached', async () => {
    await store.create('a', 'tcp://127.0.0.1:9');
    for (const [command, prefix] of [
      ['env', 'Error checking TLS connection: '],
      ['config', 'Error running connection boilerplate: '],
    ] as const) {
      const { code, stdout, stderr } = await store.run([command, 'a'], { env: { SHELL: '/bin/sh' } });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(
        stderr.startsWith(
          `${prefix}Error checking and/or regenerating the certs: There was an error validating certificates for host "127.0.0.1:9": `,
        ),
      ).toBe(true);
      expect(stderr).toContain("You can attempt to regenerate them using 'tsmachine regenerate-certs");
    }
  });
});

describe('the hot path', () => {
  it.each([
    [['ls']],
    [['ls', '-f', '{{.Name}}']],
    [['ls', '-q']],
    [['status', 'b']],
    [['url', 'b']],
    [['ip', 'b', 'a']],
    [['active']],
    [['env', '-u']],
    [['env', 'a']],
    [['config', 'a']],
    [['status', 'nosuch']],
    [['url', 'a', 'b']],
  ])('prints for %j what oclif prints', async (words) => {
    await store.create('a');
    await store.create('b', 'tcp://127.0.0.1:10');
    const env = { SHELL: '/bin/bash', DOCKER_HOST: 'tcp://127.0.0.1:10' };
    const hot = await store.run(words, { env });
    const slow = await store.run(words, { env: { ...env, MACHINE_DEBUG: '1' } }); // --debug goes by oclif
    expect({ code: slow.code, stdout: slow.stdout }).toEqual({ code: hot.code, stdout: hot.stdout });
  });
});
