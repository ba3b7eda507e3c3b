import type { CliFlag } from './arguments/cli-flag.ts';

/** A command as data: what help, the argument layer, completion and oclif all read. */
export interface CommandSpec {
  /** `ls`, or `image build` for a command of a group. */
  readonly name: string;
  /** One line of the command list. */
  readonly summary: string;
  /** The "Description:" line of its help; `{program}` stands for how we were called. */
  readonly description?: string;
  readonly flags: readonly CliFlag[];
  /** Keeps every word as it is (`ssh`). */
  readonly raw?: boolean;
  /** What completion offers for its words: one machine, any number of them, installed drivers, a path, or one of these. */
  readonly argument?: 'machine' | 'machines' | 'drivers' | 'path' | readonly string[];
}

type Simple = (name: string, summary: string, flags?: readonly CliFlag[]) => CommandSpec;
const onMachine: Simple = (name, summary, flags = []) => ({
  name,
  summary,
  description: 'Argument is a machine name.',
  flags,
  argument: 'machine',
});
const onMachines: Simple = (name, summary, flags = []) => ({
  name,
  summary,
  description: 'Argument(s) are one or more machine names.',
  flags,
  argument: 'machines',
});

const timeout: CliFlag = { name: 'timeout', short: 't', type: 'int', default: 10, help: 'Timeout in seconds, default to 10s' };
const yes: CliFlag = {
  name: 'yes',
  short: 'y',
  type: 'bool',
  help: 'Restart an engine that needs it for a new certificate, without asking',
};
const json = (help: string): CliFlag => ({ name: 'json', type: 'bool', help });
const format = (help: string): CliFlag => ({ name: 'format', short: 'f', type: 'string', help });

/** `create`'s flags that every driver shares. */
const createFlags: readonly CliFlag[] = [
  { name: 'driver', short: 'd', type: 'string', env: 'MACHINE_DRIVER', help: 'Driver to create machine with.' },
  {
    name: 'engine-install-url',
    type: 'string',
    env: 'MACHINE_DOCKER_INSTALL_URL',
    default: 'https://get.docker.com',
    help: 'Custom URL to use for engine installation',
  },
  {
    name: 'engine',
    type: 'string',
    env: 'MACHINE_ENGINE',
    help: "Engine of a distribution: docker (Docker's own, the default) or ts (tsmachine's)",
  },
  {
    name: 'engine-version',
    type: 'string',
    env: 'MACHINE_ENGINE_VERSION',
    help: 'Version of the engine to install, default is the newest',
  },
  { name: 'ssh-proxy-jump', type: 'string', env: 'MACHINE_SSH_PROXY_JUMP', help: 'Jump hosts on the way to the machine, as of ssh -J' },
  { name: 'dry-run', type: 'bool', help: 'Print what would be made and make nothing' },
  { name: 'context', type: 'bool', help: 'Also make a Docker context of the same name' },
  { name: 'engine-opt', type: 'strings', help: 'Specify arbitrary flags to include with the created engine in the form flag=value' },
  { name: 'engine-insecure-registry', type: 'strings', help: 'Specify insecure registries to allow with the created engine' },
  { name: 'engine-registry-mirror', type: 'strings', env: 'ENGINE_REGISTRY_MIRROR', help: 'Specify registry mirrors to use' },
  { name: 'engine-label', type: 'strings', help: 'Specify labels for the created engine' },
  { name: 'engine-storage-driver', type: 'string', help: 'Specify a storage driver to use with the engine' },
  { name: 'engine-env', type: 'strings', help: 'Specify environment variables to set in the engine' },
  { name: 'swarm', type: 'bool', help: 'Configure Machine to join a Swarm cluster' },
  {
    name: 'swarm-image',
    type: 'string',
    env: 'MACHINE_SWARM_IMAGE',
    default: 'swarm:latest',
    help: 'Specify Docker image to use for Swarm',
  },
  { name: 'swarm-master', type: 'bool', help: 'Configure Machine to be a Swarm master' },
  { name: 'swarm-discovery', type: 'string', help: 'Discovery service to use with Swarm' },
  { name: 'swarm-strategy', type: 'string', default: 'spread', help: 'Define a default scheduling strategy for Swarm' },
  { name: 'swarm-opt', type: 'strings', help: 'Define arbitrary flags for Swarm master' },
  { name: 'swarm-join-opt', type: 'strings', help: 'Define arbitrary flags for Swarm join' },
  { name: 'swarm-host', type: 'string', default: 'tcp://0.0.0.0:3376', help: 'ip/socket to listen on for Swarm master' },
  { name: 'swarm-addr', type: 'string', help: 'addr to advertise for Swarm (default: detect and use the machine IP)' },
  { name: 'swarm-experimental', type: 'bool', help: 'Enable Swarm experimental features' },
  { name: 'tls-san', type: 'strings', help: 'Support extra SANs for TLS certs' },
];

const swarm: CliFlag = { name: 'swarm', type: 'bool', help: 'Display the Swarm config instead of the Docker daemon' };

const envFlags: readonly CliFlag[] = [
  swarm,
  {
    name: 'shell',
    type: 'string',
    help: 'Force environment to be configured for a specified shell: [fish, cmd, powershell, tcsh, emacs], default is auto-detect',
  },
  { name: 'unset', short: 'u', type: 'bool', help: 'Unset variables instead of setting them' },
  { name: 'no-proxy', type: 'bool', help: 'Add machine IP to NO_PROXY environment variable' },
];

const lsFlags: readonly CliFlag[] = [
  { name: 'quiet', short: 'q', type: 'bool', help: 'Enable quiet mode' },
  { name: 'filter', type: 'strings', help: 'Filter output based on conditions provided' },
  timeout,
  format('Pretty-print machines using a Go template'),
  json('Print an array of JSON objects'),
  { name: 'watch', short: 'w', type: 'bool', help: 'Show the list anew when something changes, until Ctrl-C' },
];

const rmFlags: readonly CliFlag[] = [
  {
    name: 'force',
    short: 'f',
    type: 'bool',
    help: 'Remove local configuration even if machine cannot be removed, also implies an automatic yes (`-y`)',
  },
  { name: 'y', type: 'bool', help: 'Assumes automatic yes to proceed with remove, without prompting further user confirmation' },
];

const scpFlags: readonly CliFlag[] = [
  { name: 'recursive', short: 'r', type: 'bool', help: 'Copy files recursively (required to copy directories)' },
  { name: 'delta', short: 'd', type: 'bool', help: 'Reduce amount of data sent over network by sending only the differences (uses rsync)' },
  { name: 'quiet', short: 'q', type: 'bool', help: 'Disables the progress meter as well as warning and diagnostic messages from ssh' },
];

const forwardFlags: readonly CliFlag[] = [
  {
    name: 'local',
    short: 'L',
    type: 'strings',
    help: 'Forward this instead of the published ports: [bind:]port:host:hostport, as of ssh -L',
  },
  { name: 'socket', type: 'string', help: "Path of a local Unix socket to be the engine's" },
  { name: 'bind', type: 'string', help: 'Local address for published ports, default is the loopback' },
];

const regenerateFlags: readonly CliFlag[] = [
  { name: 'force', short: 'f', type: 'bool', help: 'Force rebuild and do not prompt' },
  { name: 'client-certs', type: 'bool', help: 'Also regenerate client certificates and CA.' },
];

const gcFlags: readonly CliFlag[] = [
  { name: 'dry-run', type: 'bool', help: 'List and remove nothing' },
  { name: 'yes', short: 'y', type: 'bool', help: 'Remove without asking' },
  json('Print an array of JSON objects; removes only with --yes'),
];

const imageBuildFlags: readonly CliFlag[] = [
  { name: 'if-needed', type: 'bool', help: 'Keep the current image when it holds this version of the engine and the guest' },
  { name: 'mirror', type: 'string', help: "Debian mirror to take packages from (default: apt's own)" },
];

const driverCommands: readonly CommandSpec[] = [
  {
    name: 'driver install',
    summary: 'Install a driver from npm, a tarball or a folder',
    description: 'Argument is a package (name, name@version), a tarball or a folder. None of its scripts is run.',
    flags: [{ name: 'accept', type: 'string', help: 'Take the files of this installed driver as they are now, instead' }],
    argument: 'path',
  },
  { name: 'driver ls', summary: 'List drivers', description: 'Takes no arguments.', flags: [json('Print an array of JSON objects')] },
  {
    name: 'driver new',
    summary: 'Write a driver to begin with into a new folder',
    description: 'Argument is a folder; its last part is the name of the driver.',
    flags: [],
    argument: 'path',
  },
  {
    name: 'driver rm',
    summary: 'Remove installed drivers; their machines stay in the store',
    description: 'Argument(s) are one or more names of installed drivers.',
    flags: [],
    argument: 'drivers',
  },
  {
    name: 'driver test',
    summary: 'Run the conformance checks against a driver',
    description: "Argument is a driver's folder, or what `driver install` takes.",
    flags: [
      { name: 'flag', type: 'strings', help: 'NAME=VALUE of a flag that create needs, where the package brings no subject' },
      json('Print an array of JSON objects'),
    ],
    argument: 'path',
  },
];

const createHelp = "Run '{program} create --driver name --help' to include the create flags for that driver in the help text.";

/** In the order of the command list. */
export const COMMANDS: readonly CommandSpec[] = [
  { name: 'active', summary: 'Print which machine is active', flags: [timeout] },
  {
    name: 'completion',
    summary: 'Print the completion script of a shell',
    description: 'Argument is bash, fish, powershell or zsh.',
    flags: [],
    raw: true,
    argument: ['bash', 'fish', 'powershell', 'zsh'],
  },
  onMachines('certs', 'List certificates with their dates', [json('Print a JSON object')]),
  onMachine('config', 'Print the connection config for machine', [swarm]),
  onMachine('context', 'Make or update a Docker context for a machine', [{ name: 'rm', type: 'bool', help: 'Remove the context instead' }]),
  { name: 'create', summary: 'Create a machine', description: createHelp, flags: createFlags },
  ...driverCommands,
  onMachine('env', 'Display the commands to set up the environment for the Docker client', envFlags),
  {
    name: 'gc',
    summary: 'List what is left of removed machines, and remove it after a yes',
    description: 'Takes no arguments.',
    flags: gcFlags,
  },
  onMachine('forward', "Lead a machine's published ports to this computer, over SSH", forwardFlags),
  onMachine('host-key', 'Show the SSH host keys of a machine, or accept another one', [
    { name: 'accept', type: 'string', help: 'Fingerprint (SHA256:...) of the key to trust from now on, instead of the old ones' },
  ]),
  { name: 'image build', summary: 'Build the boot image of local machines', flags: imageBuildFlags },
  { name: 'image ls', summary: 'List boot images', flags: [lsFlags[0] as CliFlag] },
  { name: 'image rm', summary: 'Remove boot images', description: 'Argument(s) are digests or their beginnings.', flags: [] },
  onMachine('inspect', 'Inspect information about a machine', [
    format('Format the output using the given go template.'),
    json('Also print what only tsmachine knows'),
  ]),
  onMachines('ip', 'Get the IP address of a machine'),
  onMachines('kill', 'Kill a machine'),
  { name: 'ls', summary: 'List machines', flags: lsFlags },
  {
    name: 'mount',
    summary: 'Mount or unmount a directory from a machine with SSHFS.',
    description: 'Arguments are [machine:][path] [mountpoint]',
    flags: [{ name: 'unmount', short: 'u', type: 'bool', help: 'Unmount instead of mount' }],
    argument: 'machine',
  },
  onMachines('provision', 'Re-provision existing machines', [
    { name: 'engine', type: 'string', help: 'Give a distribution another engine, docker or ts; images and containers of both are kept' },
    { name: 'yes', short: 'y', type: 'bool', help: 'Stop running containers for that without asking' },
  ]),
  onMachine('ports', 'List published ports of a machine as they answer on this computer', [
    { name: 'socket', type: 'bool', help: "Print the address of the engine's socket on this computer instead" },
    json('Print a JSON object'),
  ]),
  onMachines('regenerate-certs', 'Regenerate TLS Certificates for a machine', regenerateFlags),
  onMachines('restart', 'Restart a machine', [yes]),
  onMachines('rm', 'Remove a machine', rmFlags),
  {
    name: 'scp',
    summary: 'Copy files between machines',
    description: 'Arguments are [[user@]machine:][path] [[user@]machine:][path].',
    flags: scpFlags,
    argument: 'machine',
  },
  {
    ...onMachine('ssh', 'Log into or run a command on a machine with SSH.'),
    description: 'Arguments are [machine-name] [options of ssh] [command]',
    raw: true,
  },
  onMachines('ssh-config', 'Print the SSH settings of machines, as a block for ~/.ssh/config (default: of all)'),
  onMachines('start', 'Start a machine', [yes]),
  onMachine('status', 'Get the status of a machine', [json('Print a JSON object')]),
  onMachines('stop', 'Stop a machine'),
  onMachines('upgrade', 'Upgrade a machine to the latest version of Docker'),
  onMachine('url', 'Get the URL of a machine'),
  onMachine('version', 'Show the tsmachine version or a machine docker version'),
];

/** A command, or a group such as `image`, by its first word. */
export function commandsNamed(word: string): readonly CommandSpec[] {
  return COMMANDS.filter((spec) => spec.name === word || spec.name.startsWith(`${word} `));
}
