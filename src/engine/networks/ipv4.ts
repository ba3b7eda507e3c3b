import { isIPv4 } from 'node:net';

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const toText = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

/** An IPv4 network with the address of its gateway. */
export class Subnet {
  readonly gateway: string;
  readonly prefixLength: number;
  readonly #base: number;

  /** From `--bip` form `172.17.0.1/16`. Throws RangeError for anything else. */
  constructor(bip: string) {
    const [address = '', length = ''] = bip.split('/');
    if (!isIPv4(address) || !/^\d+$/.test(length) || Number(length) < 8 || Number(length) > 30) {
      throw new RangeError(`invalid CIDR address: ${bip}`);
    }
    this.gateway = address;
    this.prefixLength = Number(length);
    this.#base = (toNumber(address) & ~(2 ** (32 - this.prefixLength) - 1)) >>> 0;
    if (this.last < this.first || address === toText(this.#base)) throw new RangeError(`invalid CIDR address: ${bip}`);
  }

  /** `172.17.0.0/16` */
  get cidr(): string {
    return `${toText(this.#base)}/${this.prefixLength}`;
  }

  get first(): number {
    return this.#base + 1;
  }

  /** The broadcast address is not one to give. */
  get last(): number {
    return this.#base + 2 ** (32 - this.prefixLength) - 2;
  }

  contains(address: string): boolean {
    const value = toNumber(address);
    return isIPv4(address) && value >= this.first && value <= this.last;
  }
}

/** Gives the lowest free address, as dockerd's IPAM: the first container of an engine is always .2. */
export class AddressPool {
  readonly #subnet: Subnet;
  readonly #taken = new Set<string>();

  constructor(subnet: Subnet) {
    this.#subnet = subnet;
    this.#taken.add(subnet.gateway);
  }

  /** Undefined when none is left. */
  take(): string | undefined {
    for (let value = this.#subnet.first; value <= this.#subnet.last; value += 1) {
      const address = toText(value);
      if (!this.#taken.has(address)) {
        this.#taken.add(address);
        return address;
      }
    }
    return undefined;
  }

  /** Marks an address that a running container has. */
  claim(address: string): void {
    this.#taken.add(address);
  }

  release(address: string): void {
    if (address !== this.#subnet.gateway) this.#taken.delete(address);
  }
}

/** Docker's address of a link: 02:42 and the IPv4 address. */
export const macOf = (address: string): string =>
  ['02', '42', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');
