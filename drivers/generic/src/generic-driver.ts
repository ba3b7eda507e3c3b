import { chmod, copyFile, open, rename, rm, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { basename, isAbsolute, join, resolve } from 'node:path';
import {
  type BaseState,
  type Driver,
  type DriverContext,
  type FlagValues,
  intFlag,
  isMachineError,
  MachineError,
  type MachineState,
  messageOf,
  newBaseState,
  type SshEndpoint,
  stringFlag,
} from 'tsmachine/driver';

interface GenericState extends BaseState {
  EnginePort: number;
  /** The user's own key file, as given. */
  SSHKey: string;
}

/** docker-machine's limit for one look at the SSH port, milliseconds. */
const STATE_TIMEOUT = 15_000;
/** For a server to shut down and boot again, milliseconds. */
const RESTART_TIMEOUT = 600_000;
/** Files of the store that a copied key must not take the place of. */
const STORE_FILES = /^(config\.json|tsmachine\.json|.*\.pem)/i;

export class GenericDriver implements Driver {
  private readonly context: DriverContext;
  private text: string;

  constructor(context: DriverContext, text: string | undefined) {
    this.context = context;
    const fresh: GenericState = { ...newBaseState(context), EnginePort: 2376, SSHKey: '' };
    this.text = text ?? JSON.stringify(fresh);
  }

  /** What is not ours to know in it stays as it was. */
  serialize(): string {
    return this.text;
  }

  async configure(flags: FlagValues): Promise<void> {
    const address = stringFlag(flags, 'generic-ip-address').replace(/^\[(.*)\]$/, '$1');
    if (address === '') throw new MachineError('DRIVER_FLAG', 'generic driver requires the --generic-ip-address option');
    if (isIP(address) === 0 && !/^[A-Za-z0-9]([\w.-]*\w)?\.?$/.test(address))
      throw new MachineError('DRIVER_FLAG', `--generic-ip-address: expected an address or a host name, found ${JSON.stringify(address)}`);
    if (address.includes('%'))
      throw new MachineError('DRIVER_FLAG', `--generic-ip-address: expected an address without a zone, found ${JSON.stringify(address)}`, {
        hint: "docker's clients verify the engine's certificate, and none can be made for a zone; give another address or a name",
      });
    const key = stringFlag(flags, 'generic-ssh-key');
    this.update({
      IPAddress: address,
      SSHUser: stringFlag(flags, 'generic-ssh-user'),
      SSHPort: intFlag(flags, 'generic-ssh-port') === 0 ? 0 : port(flags, 'generic-ssh-port'),
      SSHKeyPath: '',
      EnginePort: port(flags, 'generic-engine-port'),
      SSHKey: key,
    });
  }

  async preCreateCheck(): Promise<void> {
    const { SSHKey: key } = this.values;
    if (key !== '' && !(await isThere(key))) throw new MachineError('SSH_KEY', `SSH key does not exist: ${JSON.stringify(key)}`);
  }

  /** Idempotent: makes nothing but a copy of the key in the machine's folder. */
  async create(): Promise<void> {
    const { SSHKey: key } = this.values;
    if (key === '') {
      this.context.log.info('No SSH key specified. Assuming an existing key at the default location.');
      return;
    }
    this.context.log.info('Importing SSH key...');
    const source = isAbsolute(key) ? key : resolve(key);
    const name = basename(source);
    const copy = join(this.context.machineDir, STORE_FILES.test(name) ? `ssh-${name}` : name);
    await copyPrivately(source, copy);
    if (await isThere(`${source}.pub`))
      await copyPrivately(`${source}.pub`, `${copy}.pub`).catch((error) =>
        this.context.log.warn(`Couldn't copy SSH public key : ${messageOf(error)}`),
      );
    this.update({ SSHKeyPath: copy });
  }

  async remove(): Promise<void> {}
  async close(): Promise<void> {}

  start = () => refuse('start');
  stop = () => refuse('stop');
  kill = () => refuse('kill');

  /** Returns when the server has gone down and answers again. */
  async restart(): Promise<void> {
    const { clock, signal } = this.context;
    const before = await this.bootId();
    await this.reboot();
    const limit = clock.now() + RESTART_TIMEOUT;
    for (;;) {
      await clock.sleep(1000, signal);
      const now = await this.bootId().catch((error: unknown) => {
        if (!isMachineError(error) || error.code === 'SSH_HOST_KEY') throw error;
        return undefined;
      });
      if (now !== undefined && now !== before) return;
      if (clock.now() > limit)
        throw new MachineError(
          'RESTART_TIMEOUT',
          now === undefined
            ? `the server went down and did not answer on its SSH port again within ${RESTART_TIMEOUT / 60_000} minutes`
            : `the server took the command to restart and still runs after ${RESTART_TIMEOUT / 60_000} minutes`,
        );
    }
  }

  /** As docker-machine: who answers on the SSH port runs. */
  async state(): Promise<MachineState> {
    return (await this.context.reachable(await this.ssh(), STATE_TIMEOUT)) ? 'Running' : 'Stopped';
  }

  async url(): Promise<string> {
    if ((await this.state()) !== 'Running') throw new MachineError('HOST_NOT_RUNNING', 'Host is not running');
    const { IPAddress, EnginePort } = this.values;
    return `tcp://${isIP(IPAddress) === 6 ? `[${IPAddress}]` : IPAddress}:${EnginePort}`;
  }

  async ip(): Promise<string> {
    return this.values.IPAddress;
  }

  /** User '' and port 0: what ssh_config says, else root and 22, which docker-machine takes them for too. */
  async ssh(): Promise<SshEndpoint> {
    const { IPAddress: host, SSHPort, SSHUser, SSHKeyPath: keyPath } = this.values;
    return { host, port: SSHPort, user: SSHUser, keyPath };
  }

  private async reboot(): Promise<void> {
    const words = ['sh', '-c', 'command -v shutdown >/dev/null && exec shutdown -r now; exec reboot'];
    try {
      const { exitCode, stderr } = await this.context.runRemote(await this.ssh(), words, { root: true });
      if (exitCode > 0 && exitCode < 128)
        throw new MachineError('RESTART_FAILED', `the server refused to restart (exit ${exitCode}): ${stderr.trim() || 'it said nothing'}`);
    } catch (error) {
      if (!isMachineError(error) || error.code !== 'SSH_FAILED') throw error; // it went down before it could answer
    }
  }

  /** Another one after each boot. */
  private async bootId(): Promise<string> {
    const { exitCode, stdout, stderr } = await this.context.runRemote(await this.ssh(), ['cat', '/proc/sys/kernel/random/boot_id']);
    if (exitCode !== 0) throw new MachineError('NOT_LINUX', `expected a Linux server with /proc: ${stderr.trim()}`);
    return stdout.trim();
  }

  private get values(): GenericState {
    return { ...newBaseState(this.context), EnginePort: 2376, SSHKey: '', ...(JSON.parse(this.text) as Partial<GenericState>) };
  }

  private update(change: Partial<GenericState>): void {
    this.text = JSON.stringify({ ...this.values, ...change });
  }
}

function port(flags: FlagValues, name: string): number {
  const value = intFlag(flags, name);
  if (value >= 1 && value <= 65_535) return value;
  throw new MachineError('DRIVER_FLAG', `--${name}: expected a port from 1 to 65535, found ${value}`);
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** 0600 from its first byte; appears whole or not at all. */
async function copyPrivately(source: string, target: string): Promise<void> {
  const half = `${target}.new`;
  await rm(half, { force: true });
  await (await open(half, 'wx', 0o600)).close();
  try {
    await copyFile(source, half);
    await chmod(half, 0o600);
    await rename(half, target);
  } catch (error) {
    await rm(half, { force: true });
    throw new MachineError('SSH_KEY', `the SSH key could not be copied: ${messageOf(error)}`, { cause: error });
  }
}

async function refuse(verb: string): Promise<never> {
  throw new MachineError('NO_POWER', `generic driver does not support ${verb}`);
}
