import { isIPv4 } from 'node:net';
import { attribute, type Netlink, type NetlinkRequest, NLM_F_CREATE, NLM_F_EXCL } from './netlink.ts';

// Numbers of <linux/rtnetlink.h>, <linux/if_link.h>, <linux/if_addr.h> and <linux/veth.h>.
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_SETLINK = 19;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_PROTINFO = 12;
const IFLA_LINKINFO = 18;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const RTA_GATEWAY = 5;
const RTA_OIF = 4;
const IFF_UP = 1;
const AF_INET = 2;
const AF_BRIDGE = 7;
const NLA_F_NESTED = 0x8000;
const IFLA_BRPORT_MODE = 4;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;

interface Ipv4Prefix {
  address: string;
  length: number;
}

/** Four bytes of a dotted address. */
function addressBytes(address: string): Buffer {
  if (!isIPv4(address)) throw new TypeError(`expected an IPv4 address, found ${address}`);
  return Buffer.from(address.split('.').map(Number));
}

/** `struct ifinfomsg`. */
function interfaceHeader(index: number, up: boolean): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(up ? IFF_UP : 0, 8);
  header.writeUInt32LE(up ? IFF_UP : 0, 12);
  return header;
}

const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

interface LinkChange {
  up?: boolean;
  mtu?: number;
  mac?: string;
}

/** Changes a link found by its name. */
export function changeLink(name: string, change: LinkChange): NetlinkRequest {
  const body = [interfaceHeader(0, change.up === true), attribute(IFLA_IFNAME, name)];
  if (change.mtu !== undefined) body.push(attribute(IFLA_MTU, change.mtu));
  if (change.mac !== undefined) body.push(attribute(IFLA_ADDRESS, macBytes(change.mac)));
  return { type: RTM_NEWLINK, flags: 0, body, what: `change of link ${name}` };
}

export function addBridge(name: string, mtu: number): NetlinkRequest {
  const kind = attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, 'bridge'));
  const body = [interfaceHeader(0, false), attribute(IFLA_IFNAME, name), attribute(IFLA_MTU, mtu), kind];
  return { type: RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, body, what: `bridge ${name}` };
}

interface VethPair {
  name: string;
  /** Index of the bridge that `name` joins. */
  master: number;
  peerName: string;
  /** Descriptor of the network namespace that the peer goes to. */
  peerNamespace: number;
  mtu: number;
}

/** A pair of links, the near end up and in a bridge, the far one in another namespace. */
export function addVeth({ name, master, peerName, peerNamespace, mtu }: VethPair): NetlinkRequest {
  const peer = [
    interfaceHeader(0, false),
    attribute(IFLA_IFNAME, peerName),
    attribute(IFLA_MTU, mtu),
    attribute(IFLA_NET_NS_FD, peerNamespace),
  ];
  const data = attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, Buffer.concat(peer)));
  const info = attribute(IFLA_LINKINFO, Buffer.concat([attribute(IFLA_INFO_KIND, 'veth'), data]));
  const body = [interfaceHeader(0, true), attribute(IFLA_IFNAME, name), attribute(IFLA_MTU, mtu), attribute(IFLA_MASTER, master), info];
  return { type: RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, body, what: `veth ${name}` };
}

/** Lets a bridge port send a frame back where it came from: a container that talks to its own published port. */
export function setHairpin(index: number): NetlinkRequest {
  const header = interfaceHeader(index, false);
  header.writeUInt8(AF_BRIDGE, 0);
  const mode = attribute(IFLA_PROTINFO | NLA_F_NESTED, attribute(IFLA_BRPORT_MODE, Buffer.from([1])));
  return { type: RTM_SETLINK, flags: 0, body: [header, mode], what: `hairpin of link ${index}` };
}

export function addAddress(index: number, { address, length }: Ipv4Prefix): NetlinkRequest {
  const header = Buffer.alloc(8);
  header.writeUInt8(AF_INET, 0);
  header.writeUInt8(length, 1);
  header.writeUInt32LE(index, 4);
  const bytes = addressBytes(address);
  const broadcast = Buffer.alloc(4);
  broadcast.writeUInt32BE((bytes.readUInt32BE(0) | (length >= 32 ? 0 : 0xffffffff >>> length)) >>> 0);
  const body = [header, attribute(IFA_LOCAL, bytes), attribute(IFA_ADDRESS, bytes), attribute(IFA_BROADCAST, broadcast)];
  return { type: RTM_NEWADDR, flags: NLM_F_CREATE | NLM_F_EXCL, body, what: `address ${address}/${length}` };
}

export function addDefaultRoute(index: number, gateway: string): NetlinkRequest {
  const header = Buffer.from([AF_INET, 0, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, 0, RTN_UNICAST, 0, 0, 0, 0]);
  const body = [header, attribute(RTA_GATEWAY, addressBytes(gateway)), attribute(RTA_OIF, index)];
  return { type: RTM_NEWROUTE, flags: NLM_F_CREATE, body, what: `default route by ${gateway}` };
}

/** Index of a link, asked through a socket of its namespace. */
export function linkIndex(netlink: Netlink, name: string): number {
  const body = [interfaceHeader(0, false), attribute(IFLA_IFNAME, name)];
  return netlink.ask({ type: RTM_GETLINK, flags: 0, body, what: `link ${name}` }).readInt32LE(4);
}
