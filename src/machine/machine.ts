import { MachineError } from '../core/errors.ts';
import { type DriverDefinition, type MachineState, readsHostKeys } from '../driver/contract.ts';
import { provisionerFor } from '../provision/index.ts';
import { configText, type MachineConfig } from '../store/config.ts';
import type { Machine, MachineSsh } from './api.ts';
import { loadEntry, type MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import { loadDefinition, type OpenDriver, openDriver } from './open-driver.ts';
import type { PowerTarget } from './power.ts';

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
    const definition = await loadDefinition(host, entry.config.driverName);
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
    if (this.entry.record.hostKeys.length === 0 && readsHostKeys(driver))
      await this.entry.update({ hostKeys: await driver.readHostKeys() });
    const { machineSsh } = await import('./machine-ssh.ts');
    return machineSsh(this.host, this.entry, endpoint);
  }

  start = () => this.power('startMachine');
  stop = () => this.power('stopMachine');
  restart = () => this.power('restartMachine');
  kill = () => this.power('killMachine');

  async checkTls(url?: string): Promise<void> {
    const provisioner = provisionerFor(this.definition.capabilities.guest);
    const { checkEngineTls } = await import('./engine-client.ts');
    const restarts = provisioner?.certificatesRestartEngine ?? false;
    await checkEngineTls(this.config, url ?? (await this.url()), restarts, this.host.options.signal);
  }

  async engineVersion(): Promise<string> {
    const { engineVersion } = await import('./engine-client.ts');
    return engineVersion(this.config, await this.url(), this.host.options.signal);
  }

  async regenerateCerts(options: { clientCerts?: boolean } = {}): Promise<void> {
    const { regenerateCerts } = await import('./regenerate-certs.ts');
    await this.exclusively((entry, opened) => regenerateCerts(this.host, entry, opened, options.clientCerts ?? false));
  }

  close(): Promise<void> {
    return this.opened.dispose();
  }

  private async power(action: 'startMachine' | 'stopMachine' | 'restartMachine' | 'killMachine'): Promise<void> {
    const actions: Record<typeof action, (target: PowerTarget) => Promise<void>> = await import('./power.ts');
    await this.exclusively((_entry, { driver }) => actions[action]({ host: this.host, name: this.name, driver }));
  }

  /**
   * Runs `work` under the machine's lock on what the store says now: another command may have changed it since this one loaded
   * it. The driver's state is stored even when the work failed.
   */
  private async exclusively(work: (entry: MachineEntry, opened: OpenDriver) => Promise<void>): Promise<void> {
    await this.host.lockMachine(this.name, async () => {
      const entry = await loadEntry(this.entry.paths, this.name);
      const { phase, error } = entry.record;
      if (phase !== 'complete')
        throw new MachineError('MACHINE_INCOMPLETE', error?.message ?? `the creation of machine "${this.name}" did not end`, {
          hint: 'run the same create again, or rm',
        });
      const opened = await openDriver(this.host, this.definition, entry, this.host.options.signal);
      try {
        await work(entry, opened);
      } finally {
        await entry.saveDriver(opened.driver.serialize());
        await opened.dispose();
      }
    });
  }
}
