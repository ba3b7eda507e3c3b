import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BootImage,
  type Driver,
  type DriverContext,
  type FlagValues,
  type ImageUpgrade,
  isMachineError,
  type LocalPorts,
  MachineError,
  type MachineState,
  newBaseState,
  type PortsLedHere,
  type ReadinessPush,
  type SshEndpoint,
} from 'tsmachine/driver';
import { FILES } from './arguments.ts';
import { makeDataDisk } from './data-disk.ts';
import { readFlags } from './flags.ts';
import { freePorts, isFree, portsOf } from './ports.ts';
import { findProgram } from './program.ts';
import { candidatesFor, startVm } from './start-vm.ts';
import { DEFAULT_FORWARD, parseState, type QemuState } from './state.ts';

const ADDRESS = '127.0.0.1';
/** Milliseconds. A guest under emulation on a busy computer boots in one to two minutes. */
const READY_TIMEOUT = 300_000;
/** How often the power button is pressed, with how much time in between: one pressed early in the boot is not seen. */
const PRESSES = 12;
const PRESS_INTERVAL = 5_000;

/** QEMU's run states (QMP RunState) in docker-machine's words; those not named are Running. */
const STATES: Readonly<Record<string, MachineState>> = {
  paused: 'Paused',
  suspended: 'Paused',
  debug: 'Paused',
  prelaunch: 'Starting',
  inmigrate: 'Starting',
  postmigrate: 'Saved',
  'save-vm': 'Saved',
  shutdown: 'Stopping',
  'internal-error': 'Error',
  'io-error': 'Error',
  'guest-panicked': 'Error',
};

export class QemuDriver implements Driver, ReadinessPush, ImageUpgrade, PortsLedHere {
  private readonly context: DriverContext;
  private values: QemuState;

  constructor(context: DriverContext, text: string | undefined) {
    this.context = context;
    this.values = text === undefined ? newState(context) : parseState(text, context.machineName);
  }

  serialize(): string {
    return JSON.stringify(this.values);
  }

  async configure(flags: FlagValues): Promise<void> {
    const { cpuCount, memory, diskSize, accelerator, program, bootImage, forward } = readFlags(flags);
    const asked = {
      CPU: cpuCount,
      Memory: memory,
      DiskSize: diskSize,
      Accelerator: accelerator,
      Program: program,
      BootImage: bootImage,
      Forward: forward,
    };
    this.values = { ...this.values, ...asked };
  }

  async preCreateCheck(): Promise<void> {
    await findProgram(this.values.Program, this.context.platform);
  }

  async create(): Promise<void> {
    const { context } = this;
    if (this.values.UUID === '') this.values.UUID = randomUUID();
    await this.claimPorts();
    const [image] = await all([this.makeDisk(), this.handOver()]);
    await this.startVm(image);
    this.values.IPAddress = ADDRESS;
    await context.checkpoint(this.serialize());
  }

  async remove(): Promise<void> {
    await this.kill();
    const { dataDisk, handOver } = FILES;
    for (const file of [dataDisk, `${dataDisk}.new`, handOver]) await rm(this.path(file), { force: true });
  }

  async start(): Promise<void> {
    if (await this.context.vmAlive()) return;
    await this.claimPorts();
    const [image] = await all([this.context.bootImage(this.values.BootImageDigest), this.handOver()]);
    await this.startVm(image);
  }

  async stop(): Promise<void> {
    const supervisor = await this.context.supervisor();
    if (supervisor === undefined) return;
    try {
      for (let press = 0; press < PRESSES; press++) {
        await supervisor.powerButton();
        if (await supervisor.awaitExit(PRESS_INTERVAL)) return;
        this.context.signal.throwIfAborted();
      }
    } catch (error) {
      if (isMachineError(error) && error.code === 'VM_ENDED') return;
      throw error;
    }
    throw new MachineError(
      'GUEST_KEEPS_RUNNING',
      `The guest did not shut down within ${(PRESSES * PRESS_INTERVAL) / 1000} s of its power button being pressed`,
      {
        hint: `\`tsmachine kill ${this.context.machineName}\` pulls the plug`,
      },
    );
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async kill(): Promise<void> {
    await (await this.context.supervisor())?.kill();
  }

  async state(): Promise<MachineState> {
    if (this.values.UUID === '') return 'None';
    const supervisor = await this.context.supervisor();
    if (supervisor === undefined) return 'Stopped';
    try {
      return STATES[await supervisor.vmStatus()] ?? 'Running';
    } catch (error) {
      const code = isMachineError(error) ? error.code : '';
      if (code === 'VM_ENDED') return 'Stopped';
      if (code === 'QMP_SILENT') return 'Error'; // it hangs: what can be done is to kill it
      throw error;
    }
  }

  async url(): Promise<string> {
    await this.mustRun();
    return `tcp://${ADDRESS}:${this.values.EnginePort}`;
  }

  async ip(): Promise<string> {
    await this.mustRun();
    return ADDRESS;
  }

  async ssh(): Promise<SshEndpoint> {
    return { host: ADDRESS, port: this.values.SSHPort, user: this.values.SSHUser, keyPath: this.values.SSHKeyPath };
  }

  async awaitReady(onPhase: (phase: string, seconds: number) => void): Promise<void> {
    const supervisor = await this.context.supervisor();
    if (supervisor === undefined) throw notRunning();
    await supervisor.awaitReady(onPhase, this.context.signal, READY_TIMEOUT);
  }

  async localPorts(): Promise<LocalPorts> {
    const supervisor = await this.context.supervisor();
    if (supervisor === undefined) throw notRunning();
    return supervisor.localPorts();
  }

  async useImage(image: BootImage): Promise<void> {
    this.values.BootImageDigest = image.digest;
  }

  async close(): Promise<void> {}

  private async makeDisk(): Promise<BootImage> {
    const { context, values } = this;
    const image = await context.bootImage(values.BootImage || undefined);
    await makeDataDisk(image.files.dataTemplate, this.path(FILES.dataDisk), values.DiskSize, context.runner);
    values.BootImageDigest = image.digest;
    return image;
  }

  private async handOver(): Promise<void> {
    const identity = await this.context.identity({ enginePort: this.values.EnginePort, addresses: [ADDRESS] });
    await identity.writeTarDisk(this.path(FILES.handOver));
  }

  private async startVm(image: BootImage): Promise<void> {
    const { context } = this;
    const candidates = await candidatesFor(this.values.Accelerator, context);
    const replacePorts = async () => {
      await this.claimPorts();
      await this.handOver();
    };
    await startVm({ context, image, state: () => this.values, replacePorts }, candidates);
  }

  /** Keeps the machine's ports when they are free, else chooses others; nobody else of this store chooses meanwhile. */
  private async claimPorts(): Promise<void> {
    const { context } = this;
    await context.lock('qemu-ports', async () => {
      const taken = portsOf(await context.peers());
      for (const use of ['SSHPort', 'EnginePort'] as const) {
        const before = this.values[use];
        if (before !== 0 && !taken.has(before) && (await isFree(before))) continue;
        const [port = 0] = await freePorts(1, new Set([...taken, this.values.SSHPort, this.values.EnginePort]));
        this.values[use] = port;
        if (before !== 0)
          context.log.warn(
            `Port ${before} on ${ADDRESS} is taken by another program: ${context.machineName} now has ${port} for ${SERVICES[use]}`,
          );
      }
      await context.checkpoint(this.serialize());
    });
  }

  private async mustRun(): Promise<void> {
    if (!(await this.context.vmAlive())) throw notRunning();
  }

  private path(file: string): string {
    return join(this.context.machineDir, file);
  }
}

const SERVICES = { SSHPort: 'SSH', EnginePort: 'its engine' } as const;

function notRunning(): MachineError {
  return new MachineError('HOST_NOT_RUNNING', 'Host is not running');
}

function newState(context: DriverContext): QemuState {
  return {
    ...newBaseState(context),
    SSHUser: 'docker',
    SSHKeyPath: join(context.machineDir, 'id_rsa'),
    EnginePort: 0,
    CPU: 0,
    Memory: 0,
    DiskSize: 0,
    Accelerator: 'auto',
    Program: '',
    BootImage: '',
    BootImageDigest: '',
    Forward: DEFAULT_FORWARD,
    UUID: '',
  };
}

/** As Promise.all, but when one fails the others have ended too: nothing is written behind the back of a clean-up. */
async function all<T extends readonly unknown[]>(works: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const results = await Promise.allSettled(works);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}
