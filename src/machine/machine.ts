import { MachineError } from '../core/errors.ts';
import { type DriverDefinition, leadsPortsHere, type MachineState } from '../driver/contract.ts';
import type { LocalPorts } from '../host/virtual-machine.ts';
import { configText, type MachineConfig } from '../store/config.ts';
import type { ForwardListener, ForwardRequest, Machine, MachineFacts, MachineSsh, StoreCertificate } from './api.ts';
import type { EngineTarget } from './engine-client.ts';
import { loadEntry, type MachineEntry } from './entry.ts';
import { exists } from './exists.ts';
import type { MachinesHost } from './host.ts';
import { type OpenDriver, openDriver } from './open-driver.ts';
import type { PowerTarget } from './power.ts';
import type { ProvisionOptions } from './provision.ts';
import type { RegenerateOptions } from './regenerate-certs.ts';
import { openAccess, pinReadKeys, sshTellingAccess, tellingAccess } from './way-in.ts';

/** A machine of the store with its driver open. */
export class StoredMachine implements Machine {
  readonly name: string;
  readonly driverName: string;
  private readonly host: MachinesHost;
  private readonly entry: MachineEntry;
  private readonly opened: OpenDriver;

  private constructor(host: MachinesHost, entry: MachineEntry, opened: OpenDriver) {
    this.name = entry.config.name;
    this.driverName = entry.config.driverName;
    this.host = host;
    this.entry = entry;
    this.opened = opened;
  }

  /** Throws MACHINE_BROKEN, DRIVER_NOT_FOUND. */
  static async load(host: MachinesHost, name: string): Promise<StoredMachine> {
    const entry = await loadEntry(host.paths.machine(name), name);
    const definition = await host.options.loadDriver(entry.config.driverName);
    return new StoredMachine(host, entry, await openDriver(host, definition, entry, host.options.signal));
  }

  get definition(): DriverDefinition {
    return this.opened.definition;
  }

  get config(): MachineConfig {
    return this.entry.config;
  }

  get failure(): string | undefined {
    return this.entry.record.phase === 'failed' ? (this.entry.record.error?.message ?? 'its creation failed') : undefined;
  }

  get facts(): MachineFacts {
    const { phase, error, engine, sshProxyJump, context, hostKeys } = this.entry.record;
    const asked = {
      ...(error && { error }),
      ...(engine && { engine }),
      ...(sshProxyJump && { sshProxyJump }),
      ...(context && { context }),
    };
    return { phase, ...asked, hostKeys };
  }

  async inspect(): Promise<string> {
    return configText({ ...this.config, driver: this.opened.driver.serialize() });
  }

  async state(): Promise<MachineState> {
    return this.failure === undefined ? this.opened.driver.state() : 'Error';
  }

  async url(): Promise<string> {
    if (this.failure !== undefined) throw new MachineError('MACHINE_FAILED', this.failure);
    return this.opened.driver.url();
  }

  ip(): Promise<string> {
    return this.opened.driver.ip();
  }

  async ssh(): Promise<MachineSsh | undefined> {
    const endpoint = await this.opened.driver.ssh();
    if (!endpoint) return undefined;
    const { driver } = this.opened;
    await pinReadKeys(this.entry, driver);
    const { machineSsh } = await import('./machine-ssh.ts');
    return sshTellingAccess(this.name, driver, machineSsh(this.host, this.entry, endpoint, this.definition.capabilities.guest));
  }

  start = ({ yes = false } = {}) => this.power('startMachine', yes);
  stop = () => this.power('stopMachine');
  restart = ({ yes = false } = {}) => this.power('restartMachine', yes);
  kill = () => this.power('killMachine');

  async checkTls(url?: string): Promise<void> {
    const { checkEngineTls, engineTarget } = await import('./engine-client.ts');
    const restarts = async () => {
      const { provisionerOf } = await import('./provision.ts'); // with all that sets guests up: not for an answer that is in order
      return provisionerOf(this.definition, this.entry.record)?.certificatesRestartEngine ?? false;
    };
    const asked = url ?? (await this.url());
    const check = () =>
      this.askEngine(asked, async (path, signal) => {
        await checkEngineTls({ ...engineTarget(this.entry, asked), ...path }, restarts, signal);
        return path.dial !== undefined;
      });
    const isFar = await tellingAccess(this.name, this.opened.driver, check);
    if (isFar)
      throw new MachineError('ENGINE_FAR', `the engine of machine ${JSON.stringify(this.name)}, ${asked}, is behind jump hosts`, {
        hint: `for docker -H unix://PATH, this brings it here: tsmachine forward ${this.name} --socket PATH`,
      });
  }

  async engineVersion(): Promise<string> {
    const { engineTarget, engineVersion } = await import('./engine-client.ts');
    const url = await this.url();
    return this.askEngine(url, (path, signal) => engineVersion({ ...engineTarget(this.entry, url), ...path }, signal));
  }

  private async askEngine<T>(url: string, ask: (path: Pick<EngineTarget, 'dial'>, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { askEngine } = await import('./engine-path.ts');
    const place = { endpoint: await this.opened.driver.ssh(), url, guest: this.definition.capabilities.guest };
    return askEngine(this.host, this.entry, place, ask);
  }

  async certificates(): Promise<StoreCertificate[]> {
    return (await import('./certificate-list.ts')).machineCertificates(this.host, this.entry);
  }

  async regenerateCerts({ clientCerts = false } = {}): Promise<void> {
    if (clientCerts && (await this.state()) === 'Stopped') return; // it takes them when it starts
    const { log } = this.host.options;
    const reason = await this.renewCertificates({ renew: true, mayRestart: true, log });
    if (reason !== undefined) log.warn(`Machine "${this.name}" has to be given its certificates: ${reason}`);
    await this.rotationMayEnd();
  }

  /** See `regenerateCerts` of regenerate-certs.ts. */
  async renewCertificates(options: RegenerateOptions): Promise<string | undefined> {
    const { regenerateCerts } = await import('./regenerate-certs.ts');
    return this.exclusively(async (entry, opened) => {
      const reason = await regenerateCerts(this.host, entry, opened, options);
      await refreshContext(this.host, entry, opened);
      return reason;
    });
  }

  async provision(options: Omit<ProvisionOptions, 'announce'> = {}): Promise<void> {
    const { provisionMachine } = await import('./provision.ts');
    await this.exclusively(async (entry, opened) => {
      await openAccess(this.host, opened.driver);
      await provisionMachine(this.host, entry, opened, { ...options, announce: false }, this.host.options.signal);
      await refreshContext(this.host, entry, opened);
    });
    await this.rotationMayEnd();
  }

  async upgrade(): Promise<void> {
    const { upgradeMachine } = await import('./upgrade.ts');
    await this.exclusively((entry, opened) => upgradeMachine({ host: this.host, entry, opened, yes: true }));
  }

  async makeContext(): Promise<string> {
    const { makeContext } = await import('./docker-context.ts');
    return this.exclusively(async (entry, { driver }) => makeContext(this.host, entry, await driver.url()));
  }

  async forward(request: ForwardRequest, listener: ForwardListener): Promise<void> {
    const ssh = await this.ssh();
    if (!ssh) throw new MachineError('NO_SSH', `driver ${JSON.stringify(this.driverName)} has no SSH`);
    const { forwardUntilAborted } = await import('./forwarding.ts');
    const { signal } = this.host.options;
    await forwardUntilAborted(ssh, request, listener, signal);
    signal.throwIfAborted();
  }

  async localPorts(): Promise<LocalPorts> {
    const { driver } = this.opened;
    if (leadsPortsHere(driver)) return driver.localPorts();
    throw new MachineError('NO_LOCAL_PORTS', `Machine "${this.name}" of driver ${this.driverName} leads no ports to this computer`, {
      hint: `\`tsmachine forward ${this.name}\` does it over SSH`,
    });
  }

  async removeContext(): Promise<boolean> {
    const { removeContext } = await import('./docker-context.ts');
    return this.exclusively(async (entry) => {
      const removed = await removeContext(this.host, entry);
      const { context: _forgotten, ...record } = entry.record;
      await entry.replaceRecord(record);
      return removed;
    });
  }

  close(): Promise<void> {
    return this.opened.dispose();
  }

  private async power(action: 'startMachine' | 'stopMachine' | 'restartMachine' | 'killMachine', yes = false): Promise<void> {
    const actions: Record<typeof action, (target: PowerTarget) => Promise<void>> = await import('./power.ts');
    await this.exclusively(async (entry, opened) => {
      await actions[action]({ host: this.host, entry, opened, yes });
      if (action === 'startMachine' || action === 'restartMachine') await refreshContext(this.host, entry, opened);
    });
    await this.rotationMayEnd();
  }

  private async rotationMayEnd(): Promise<void> {
    if (await exists(this.host.paths.rotation.next)) await (await import('./rotation.ts')).rotationMayEnd(this.host);
  }

  /**
   * Runs `work` under the machine's lock on what the store says now: another command may have changed it since this one loaded
   * it. The driver's state is stored even when the work failed.
   */
  private async exclusively<T>(work: (entry: MachineEntry, opened: OpenDriver) => Promise<T>): Promise<T> {
    return this.host.lockMachine(this.name, async () => {
      const entry = await loadEntry(this.entry.paths, this.name);
      const { phase, error } = entry.record;
      if (phase !== 'complete')
        throw new MachineError('MACHINE_INCOMPLETE', error?.message ?? `the creation of machine "${this.name}" did not end`, {
          hint: 'run the same create again, or rm',
        });
      const opened = await openDriver(this.host, this.definition, entry, this.host.options.signal);
      try {
        return await tellingAccess(this.name, opened.driver, () => work(entry, opened));
      } finally {
        await entry.saveDriver(opened.driver.serialize());
        await opened.dispose();
      }
    });
  }
}

async function refreshContext(host: MachinesHost, entry: MachineEntry, { driver }: OpenDriver): Promise<void> {
  if (entry.record.context === undefined) return; // most machines have none, and its code is not loaded then
  const context = await import('./docker-context.ts');
  await context.refreshContext(host, entry, () => driver.url());
}
