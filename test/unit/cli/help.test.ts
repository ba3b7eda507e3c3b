import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/command-spec.ts';
import { TestStore } from './run-cli.ts';

let store: TestStore;
beforeEach(() => {
  store = new TestStore();
});
afterEach(() => store.remove());

/** docker-machine 0.16's command list, as far as the commands are here, its own name apart. */
const DOCKER_MACHINE = `
active		Print which machine is active
config		Print the connection config for machine
create		Create a machine
env			Display the commands to set up the environment for the Docker client
inspect		Inspect information about a machine
ip			Get the IP address of a machine
kill			Kill a machine
ls			List machines
regenerate-certs	Regenerate TLS Certificates for a machine
restart		Restart a machine
rm			Remove a machine
ssh			Log into or run a command on a machine with SSH.
start			Start a machine
status		Get the status of a machine
stop			Stop a machine
url			Get the URL of a machine
help			Shows a list of commands or help for one command`;

describe('the list of commands', () => {
  it('describes them as docker-machine, name, tabs, text', async () => {
    const { stdout } = await store.run(['help']);
    const lines = stdout.split('\n');
    for (const line of DOCKER_MACHINE.trim().split('\n')) expect(lines).toContain(`  ${line}`);
    expect(lines).toContain("Run 'tsmachine COMMAND --help' for more information on a command.");
  });

  it('names every command and every global flag', async () => {
    const { stdout } = await store.run([]);
    for (const { name, summary } of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${name}\\t+${escaped(summary)}$`, 'm'));
    for (const flag of ['--debug, -D\t', '--storage-path, -s "', '--tls-ca-cert \t', '--help, -h\t', '--version, -v\t']) {
      expect(stdout).toContain(`\n  ${flag}`);
    }
    expect(stdout).toContain('[$MACHINE_STORAGE_PATH]\n');
  });

  it('calls the program what it was called', async () => {
    const { stdout } = await store.run(['help'], { invocation: ['/opt/bin/docker-machine'] });
    expect(stdout).toMatch(/^Usage: docker-machine \[OPTIONS\] COMMAND \[arg\.\.\.\]\n/);
    expect(stdout).toContain("Run 'docker-machine COMMAND --help'");
  });
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

describe.each(COMMANDS)('help of $name', ({ name, summary, flags }) => {
  const words = name.split(' ');

  it('is asked for in four ways and needs nothing', async () => {
    const printed = await store.run(['help', ...words]);
    expect(printed).toMatchObject({ code: 0, stderr: '' });
    for (const flag of ['--help', '-help', '-h']) {
      const asked = await store.run([...words, flag], { env: { MACHINE_DRIVER: 'none' } });
      expect(asked).toMatchObject({ code: 0, stderr: '' });
      if (name !== 'create') expect(asked).toEqual(printed); // create adds its driver's flags
    }
  });

  it('tells usage, purpose and every flag', async () => {
    const { stdout } = await store.run(['help', ...words]);
    const options = flags.some((flag) => !flag.hidden) ? ' [OPTIONS]' : '';
    expect(stdout.startsWith(`Usage: tsmachine ${name}${options} [arg...]\n\n${summary}\n`)).toBe(true);
    expect(stdout.includes('\nOptions:\n   \n')).toBe(options !== '');
    for (const flag of flags.filter(({ hidden }) => !hidden)) {
      const environment = flag.env === undefined ? '' : ` \\[\\$${flag.env}\\]`;
      expect(stdout).toMatch(new RegExp(`^ {3}--?${flag.name}\\b.*\\t+${escaped(flag.help)}${environment}$`, 'm'));
    }
    expect(stdout).not.toMatch(/undefined|\{program\}|\[object/);
  });
});

describe('groups', () => {
  it.each([[['image']], [['image', '--help']], [['help', 'image']]])('%j tells its commands', async (words) => {
    const { code, stdout } = await store.run(words);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: tsmachine image COMMAND \[arg\.\.\.\]\n/);
    for (const inner of ['build', 'ls', 'rm']) expect(stdout).toMatch(new RegExp(`^ {2}image ${inner}\\t`, 'm'));
  });

  it('know no other commands', async () => {
    expect(await store.run(['image', 'bulid'])).toEqual({
      code: 1,
      stdout: '',
      stderr: "tsmachine: 'image bulid' is not a tsmachine command. See 'tsmachine --help'.\nDid you mean 'tsmachine image build'?\n",
    });
  });
});

describe("create's help", () => {
  it.each([
    '--engine-env [--engine-env option --engine-env option]\tSpecify environment variables to set in the engine',
    '--engine-install-url "https://get.docker.com"\tCustom URL to use for engine installation [$MACHINE_DOCKER_INSTALL_URL]',
    '--engine-label [--engine-label option --engine-label option]\tSpecify labels for the created engine',
    '--engine-opt [--engine-opt option --engine-opt option]\tSpecify arbitrary flags to include with the created engine in the form flag=value',
    '--engine-registry-mirror [--engine-registry-mirror option --engine-registry-mirror option]\tSpecify registry mirrors to use [$ENGINE_REGISTRY_MIRROR]',
    '--engine-storage-driver \tSpecify a storage driver to use with the engine',
    '--tls-san [--tls-san option --tls-san option]\tSupport extra SANs for TLS certs',
    '--url \tURL of host when no driver is selected',
  ])("has docker-machine's line %s", async (line) => {
    const { stdout } = await store.run(['create', '-d', 'none', '--help']);
    const [shape = '', help = ''] = line.split('\t');
    expect(stdout).toMatch(new RegExp(`^ {3}${escaped(shape)}\\t+${escaped(help)}$`, 'm'));
  });

  it('shows the program as it was called, and defaults instead of the environment', async () => {
    const env = { MACHINE_DRIVER: 'none', MACHINE_DOCKER_INSTALL_URL: 'https://elsewhere' };
    const { stdout } = await store.run(['create', '--help'], { env, invocation: ['npx', 'tsmachine'] });
    expect(stdout).toContain("   Run 'npx tsmachine create --driver name --help' to include the create flags");
    expect(stdout).not.toContain('https://elsewhere');
  });
});
