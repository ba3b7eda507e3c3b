import { isIP } from 'node:net';
import {
  type Driver,
  type DriverContext,
  type FlagValues,
  type GuardedAccess,
  type HostKeyReader,
  MachineError,
  type MachineState,
  type OwnedObject,
  type OwnedObjects,
  type Planner,
  type SshEndpoint,
} from 'tsmachine/driver';
import { waitFor } from 'tsmachine/driver/cloud';
import { closedTo, repairAccess, wantedRules, wantedSources } from './access.ts';
import { type Account, openAccount, refuseOtherAccount } from './account.ts';
import { wishesOf } from './configure.ts';
import { consoleHostKeys } from './console.ts';
import { createMachine, lookBefore, type Prepared } from './create.ts';
import { regionOf } from './endpoints.ts';
import { type Instance, instancesById, machineState } from './instances.ts';
import { findOwned, removeObjects } from './owned.ts';
import { planOf } from './plan.ts';
import { removeMachine } from './remove.ts';
import type { Sightings } from './sightings.ts';
import { type Ec2State, newState, parseState } from './state.ts';

/** For an instance to get from one state to another, milliseconds. */
const PATIENCE = { timeout: 600_000, first: 500, longest: 3000 };
const ENGINE_PORT = 2376;

export class Amazonec2Driver implements Driver, GuardedAccess, HostKeyReader, OwnedObjects, Planner {
  private readonly context: DriverContext;
  private readonly sightings: Sightings;
  private current: Ec2State;
  private opened: Account | undefined;
  private prepared: Prepared | undefined;
  /** As AWS last described it to this object. */
  private seen: Instance | undefined;

  constructor(context: DriverContext, text: string | undefined, sightings: Sightings) {
    this.context = context;
    this.sightings = sightings;
    this.current = text === undefined ? newState(context) : parseState(text, context);
  }

  serialize(): string {
    return JSON.stringify(this.current);
  }

  async configure(flags: FlagValues): Promise<void> {
    const wishes = wishesOf(flags, (line) => this.context.log.warn(line));
    this.update({ ...wishes, Region: await regionOf(this.context.platform, wishes.Region ?? '', wishes.Profile ?? '') });
  }

  async preCreateCheck(): Promise<void> {
    this.prepared = await lookBefore(this.context, this.account, this.current);
  }

  /** The looks of the check before are not made again. */
  async create(): Promise<void> {
    const prepared = this.prepared ?? (await lookBefore(this.context, this.account, this.current));
    await createMachine(this.context, this.account.ec2, prepared, this.current, async (change) => {
      this.update(change);
      await this.context.checkpoint(this.serialize());
    });
    await this.reach('running');
  }

  async remove(): Promise<void> {
    await removeMachine(this.context, this.account, this.current);
    this.update({
      InstanceId: '',
      IPAddress: '',
      PrivateIPAddress: '',
      SecurityGroupId: '',
      LaunchedAt: 0,
      HostKey: '',
      ...this.ownKeyGone(),
    });
  }

  async start(): Promise<void> {
    await this.waitUntilStable();
    await this.account.ec2('StartInstances', { InstanceId: [this.instanceId()] });
    await this.reach('running');
  }

  async stop(): Promise<void> {
    await this.account.ec2('StopInstances', { InstanceId: [this.instanceId()] });
    await this.reach('stopped');
  }

  async kill(): Promise<void> {
    await this.account.ec2('StopInstances', { InstanceId: [this.instanceId()], Force: true });
    await this.reach('stopped');
  }

  async restart(): Promise<void> {
    await this.account.ec2('RebootInstances', { InstanceId: [this.instanceId()] });
  }

  async state(): Promise<MachineState> {
    if (this.current.InstanceId === '') return 'None';
    return machineState(await this.describe());
  }

  async url(): Promise<string> {
    const address = await this.ip();
    if (machineState(this.seen) !== 'Running') throw new MachineError('HOST_NOT_RUNNING', 'Host is not running');
    return `tcp://${isIP(address) === 6 ? `[${address}]` : address}:${ENGINE_PORT}`;
  }

  async ip(): Promise<string> {
    const seen = this.sightings.of(this.current.InstanceId, this.context.clock.now());
    if (this.seen === undefined && seen) this.note(seen);
    if (this.seen === undefined) await this.describe();
    if (this.current.IPAddress === '') throw new MachineError('HOST_NOT_RUNNING', 'Host is not running');
    return this.current.IPAddress;
  }

  async ssh(): Promise<SshEndpoint> {
    const { SSHPort: port, SSHUser, SSHKeyPath: keyPath } = this.current;
    return { host: await this.ip(), port, user: SSHUser || 'ubuntu', keyPath };
  }

  async readHostKeys(): Promise<string[]> {
    if (this.current.HostKey !== '') return [this.current.HostKey];
    return consoleHostKeys(this.account.ec2, this.context, this.instanceId());
  }

  async accessProblem(): Promise<string | undefined> {
    if (this.current.SecurityGroupId === '') return undefined;
    return closedTo(this.account.ec2, this.current.SecurityGroupId, this.current, await this.sources());
  }

  async openAccess(): Promise<void> {
    if (this.current.SecurityGroupId === '') return;
    await repairAccess(this.account.ec2, this.current.SecurityGroupId, wantedRules(this.current, await this.sources()));
  }

  listOwned(): Promise<readonly OwnedObject[]> {
    return findOwned(this.account.ec2, this.context);
  }

  async removeOwned(id: string): Promise<void> {
    const { ec2 } = this.account;
    const owned = await findOwned(ec2, this.context);
    await removeObjects(
      ec2,
      this.context,
      owned.filter((object) => object.id === id),
    );
  }

  async plan(): Promise<readonly string[]> {
    return planOf(this.context, this.current);
  }

  async close(): Promise<void> {}

  private get account(): Account {
    this.opened ??= openAccount(this.context, this.current, (flag) => this.context.secret(flag));
    return this.opened;
  }

  private update(change: Partial<Ec2State>): void {
    this.current = { ...this.current, ...change };
  }

  private ownKeyGone = (): Partial<Ec2State> => (this.current.ExistingKey ? {} : { KeyName: '' });

  private instanceId(): string {
    if (this.current.InstanceId !== '') return this.current.InstanceId;
    throw new MachineError('CLOUD_GONE', `machine ${JSON.stringify(this.context.machineName)} has no instance`);
  }

  private sources(): Promise<string[]> {
    return wantedSources(this.context, this.current, this.current.IPAddress);
  }

  /** As it is now; its addresses are noted. Undefined when the account no longer has it. */
  private async describe(): Promise<Instance | undefined> {
    const [found] = await instancesById(this.account.ec2, [this.instanceId()]);
    if (found) this.sightings.note(found, this.context.clock.now());
    if (found) this.note(found);
    else await refuseOtherAccount(this.account, this.current.AccountId);
    this.seen = found;
    return found;
  }

  private note(found: Instance): void {
    this.seen = found;
    const { PrivateIPOnly, UsePrivateIP, IPv6Only } = this.current;
    const address = IPv6Only ? found.ipv6Address : PrivateIPOnly || UsePrivateIP ? found.privateAddress : found.publicAddress;
    const IPAddress = machineState(found) === 'Running' ? address : '';
    this.update({ IPAddress, PrivateIPAddress: found.privateAddress, ...accountOf(found) });
  }

  private async reach(wanted: 'running' | 'stopped'): Promise<void> {
    const look = async () => {
      const found = await this.describe();
      if (found?.state === 'terminated' || found?.state === 'shutting-down')
        throw new MachineError('CLOUD_GONE', `AWS ended instance ${found.id}: ${found.reason || 'no reason was told'}`);
      return found?.state === wanted && (wanted === 'stopped' || this.current.IPAddress !== '') ? true : undefined;
    };
    const late = () =>
      new MachineError(
        'STATE_TIMEOUT',
        `expected instance ${this.current.InstanceId} to be ${wanted}, found ${this.seen?.state ?? 'nothing'}`,
      );
    await waitFor(look, { ...PATIENCE, late }, this.context);
  }

  /** One that still stops cannot be started. */
  private async waitUntilStable(): Promise<void> {
    const look = async () => ((await this.describe())?.state === 'stopping' ? undefined : true);
    await waitFor(look, { ...PATIENCE, late: () => new MachineError('STATE_TIMEOUT', 'the instance did not end to stop') }, this.context);
  }
}

const accountOf = ({ account }: Instance): Partial<Ec2State> => (account === '' ? {} : { AccountId: account });
