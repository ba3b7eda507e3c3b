import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, systemCode } from '../../core/errors.ts';
import type { BridgeNetwork, Endpoint, PortBinding } from '../contracts.ts';
import { internal } from '../errors.ts';
import { addAddress, addBridge, addDefaultRoute, changeLink, linkIndex } from '../syscalls/link.ts';
import { interfaceIndex, Netlink } from '../syscalls/netlink.ts';
import { admitForwarding } from './forwarding.ts';
import { AddressPool, macOf, Subnet } from './ipv4.ts';
import { INSIDE, NamespacePool, type ReadyNamespace } from './namespace-pool.ts';
import { type PortRule, PortTable } from './nft.ts';
import { type HeldPort, PortAllocator } from './port-allocator.ts';

export interface BridgeOptions {
  /** Interface, `docker0`. */
  bridge: string;
  /** Address of the interface with its prefix length, `172.17.0.1/16`. */
  bip: string;
  mtu: number;
  masquerade: boolean;
  /** Containers may talk to one another. */
  icc: boolean;
  /** Turn on IPv4 forwarding. */
  forward: boolean;
  /** Folder for the files that keep network namespaces alive. */
  runFolder: string;
  /** 64 hex digits. */
  id: string;
  /** Namespaces to have ready. */
  spare: number;
}

/** How long after its start the engine makes ready what the first container would have to wait for. */
const SETTLE_MS = 1500;

interface Connection {
  endpoint: Endpoint;
  name: string;
  ports: HeldPort[];
}

export class Bridge implements BridgeNetwork {
  readonly name = 'bridge';
  readonly id: string;
  readonly gateway: string;
  readonly options: BridgeOptions;
  readonly subnet: Subnet;
  readonly #addresses: AddressPool;
  readonly #namespaces: NamespacePool;
  readonly #table: PortTable;
  readonly #ports = new PortAllocator();
  #filtered: Promise<void> | undefined;
  #settle: NodeJS.Timeout | undefined;
  readonly #connections = new Map<string, Connection>();

  private constructor(options: BridgeOptions) {
    this.options = options;
    this.id = options.id;
    this.subnet = new Subnet(options.bip);
    this.gateway = this.subnet.gateway;
    this.#addresses = new AddressPool(this.subnet);
    this.#table = new PortTable(options.bridge);
    this.#namespaces = new NamespacePool({
      folder: join(options.runFolder, 'netns'),
      bridge: options.bridge,
      mtu: options.mtu,
      size: options.spare,
    });
  }

  /** Makes or takes over the interface. `restore` must follow before containers are connected. */
  static async open(options: BridgeOptions): Promise<Bridge> {
    const bridge = new Bridge(options);
    bridge.#makeInterface();
    return bridge;
  }

  /** Who is connected, for inspect. */
  get members(): { containerId: string; name: string; endpoint: Endpoint }[] {
    return [...this.#connections].map(([containerId, { name, endpoint }]) => ({ containerId, name, endpoint }));
  }

  async connect(container: { id: string; name: string; ports: PortBinding[]; macAddress?: string }): Promise<Endpoint> {
    await this.disconnect(container.id);
    const ipAddress = this.#addresses.take();
    if (ipAddress === undefined)
      throw internal(
        `failed to set up container networking: no available IPv4 addresses on this network's address pools: ${this.name} (${this.id})`,
      );
    const endpointId = randomBytes(32).toString('hex');
    let ports: HeldPort[] = [];
    let namespace: ReadyNamespace | undefined;
    try {
      ports = await this.#ports.take(container.ports, ipAddress);
      const endpoint: Endpoint = {
        netns: '',
        ipAddress,
        prefixLength: this.subnet.prefixLength,
        gateway: this.gateway,
        macAddress: container.macAddress ?? macOf(ipAddress),
        networkId: this.id,
        endpointId,
        ports: ports.map((port) => port.binding),
      };
      await this.#filter();
      await this.#table.publish(rulesOf(endpoint)).catch(() => this.#publishAnew(endpoint));
      namespace = this.#namespaces.take();
      endpoint.netns = namespace.path;
      this.#address(namespace.netlink, endpoint);
      this.#connections.set(container.id, { endpoint, name: container.name, ports });
      return endpoint;
    } catch (error) {
      this.#ports.release(ports);
      this.#addresses.release(ipAddress);
      if (namespace) this.#namespaces.destroy(namespace.path);
      const words = messageOf(error);
      throw internal(
        `failed to set up container networking: driver failed programming external connectivity on endpoint ${container.name} (${endpointId}): ${words}`,
        error,
      );
    } finally {
      namespace?.netlink.close();
    }
  }

  async disconnect(containerId: string): Promise<void> {
    const connection = this.#connections.get(containerId);
    if (!connection) return;
    this.#connections.delete(containerId);
    const { endpoint, ports } = connection;
    try {
      await this.#filter();
      await this.#table.withdraw(rulesOf(endpoint)).catch(() => this.refresh());
    } finally {
      this.#ports.release(ports);
      this.#namespaces.destroy(endpoint.netns);
      this.#addresses.release(endpoint.ipAddress);
    }
  }

  async restore(running: { containerId: string; name?: string; endpoint: Endpoint }[]): Promise<void> {
    this.#namespaces.clear(new Set(running.map(({ endpoint }) => endpoint.netns)));
    for (const { containerId, name = '', endpoint } of running) {
      this.#addresses.claim(endpoint.ipAddress);
      // a port that another program took meanwhile still leads to the container
      const ports = await this.#ports.take(endpoint.ports, endpoint.ipAddress).catch(() => []);
      this.#connections.set(containerId, { endpoint, name, ports });
    }
    if (running.length > 0) await this.#filter();
    // where the processor is emulated a start of nft takes long: the engine answers first
    this.#settle = setTimeout(() => {
      this.#filter().catch(() => undefined);
      this.#namespaces.refillSoon();
    }, SETTLE_MS);
    this.#settle.unref();
  }

  /** Makes the rules anew with whoever is connected: somebody may have flushed them (`systemctl restart nftables`). */
  refresh(): Promise<void> {
    this.#filtered = undefined;
    return this.#filter();
  }

  async #publishAnew(endpoint: Endpoint): Promise<void> {
    await this.refresh();
    await this.#table.publish(rulesOf(endpoint));
  }

  /** Makes the rules once, with the ports of whoever is connected by then. */
  #filter(): Promise<void> {
    this.#filtered ??= this.#resetTable([...this.#connections.values()].flatMap(({ endpoint }) => rulesOf(endpoint))).catch((error) => {
      // who comes next tries again
      this.#filtered = undefined;
      throw error;
    });
    return this.#filtered;
  }

  async #resetTable(rules: readonly PortRule[]): Promise<void> {
    const { bridge, masquerade, icc, forward } = this.options;
    if (forward) await admitForwarding(bridge);
    await this.#table.reset({ bridge, subnet: this.subnet.cidr, masquerade, isolate: !icc, rules });
  }

  /** Gives back what is not a running container's. */
  close(): void {
    clearTimeout(this.#settle);
    this.#namespaces.close();
    for (const { ports } of this.#connections.values()) this.#ports.release(ports);
  }

  #address(netlink: Netlink, { macAddress, ipAddress, prefixLength, gateway }: Endpoint): void {
    const index = linkIndex(netlink, INSIDE);
    netlink.run([
      changeLink(INSIDE, { mac: macAddress }),
      addAddress(index, { address: ipAddress, length: prefixLength }),
      changeLink(INSIDE, { up: true }),
      addDefaultRoute(index, gateway),
    ]);
  }

  #makeInterface(): void {
    const { bridge, mtu, forward } = this.options;
    const netlink = new Netlink();
    try {
      if (interfaceIndex(bridge) === undefined) netlink.run([addBridge(bridge, mtu)]);
      const index = interfaceIndex(bridge);
      if (index === undefined) throw internal(`the kernel made no interface ${bridge}`);
      ignoring('EEXIST', () => netlink.run([addAddress(index, { address: this.gateway, length: this.subnet.prefixLength })]));
      netlink.run([changeLink(bridge, { up: true })]);
    } finally {
      netlink.close();
    }
    if (forward) setSysctl('net/ipv4/ip_forward', '1');
    setSysctl(`net/ipv4/conf/${bridge}/route_localnet`, '1');
  }
}

/** Published over IPv4; IPv6 goes through the listeners. */
function rulesOf({ ports, ipAddress }: Endpoint): PortRule[] {
  return ports
    .filter(({ hostIp }) => !hostIp.includes(':'))
    .map(({ containerPort, hostIp, hostPort }) => {
      const [port = '', protocol = 'tcp'] = containerPort.split('/');
      return { hostIp, hostPort, protocol, address: ipAddress, port: Number(port) };
    });
}

function ignoring(code: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (systemCode(error) !== code) throw error;
  }
}

function setSysctl(name: string, value: string): void {
  const path = `/proc/sys/${name}`;
  if (readFileSync(path, 'utf8').trim() !== value) writeFileSync(path, value);
}
