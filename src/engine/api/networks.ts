import { EngineError, notFound } from '../errors.ts';
import type { Route } from '../http/route.ts';
import type { Bridge } from '../networks/bridge.ts';
import type { PredefinedNetworks } from '../networks/predefined.ts';
import { Filters } from './filters.ts';

export interface NetworkRooms {
  bridge: Bridge;
  networks: PredefinedNetworks;
  /** Containers that run with a network mode (`host`, `none`), for inspect. */
  membersOf(mode: string): { id: string; name: string }[];
}

interface NetworkAnswer {
  Name: string;
  Id: string;
  Driver: string;
  Scope: string;
  Labels: Record<string, string>;
  Containers: Record<string, unknown>;
  [key: string]: unknown;
}

/** Engine API v1.51, tag Network: the three networks that are always there. */
export function networkRoutes(rooms: NetworkRooms): Route[] {
  const find = (term: string): NetworkAnswer => {
    const networks = describe(rooms);
    const prefixed = networks.filter(({ Id }) => term !== '' && Id.startsWith(term));
    const found = networks.find(({ Id, Name }) => Id === term || Name === term) ?? (prefixed.length === 1 ? prefixed[0] : undefined);
    if (found) return found;
    if (prefixed.length > 1)
      throw new EngineError(400, `${prefixed.length} matches found based on ID prefix: network ${term} is ambiguous`);
    throw notFound(`network ${term} not found`);
  };
  return [
    {
      method: 'GET',
      path: '/networks',
      handle: ({ query, version }, answer) => answer.json(200, list(rooms, query.string('filters'), version)),
    },
    {
      method: 'GET',
      path: '/networks/:id',
      handle: ({ params }, answer) => answer.json(200, find(params.id ?? '')),
    },
    {
      method: 'DELETE',
      path: '/networks/:id',
      handle: ({ params }) => {
        throw new EngineError(403, `${find(params.id ?? '').Name} is a pre-defined network and cannot be removed`);
      },
    },
    {
      method: 'POST',
      path: '/networks/prune',
      handle: ({ query }, answer) => {
        Filters.parse(query.string('filters'), ['label', 'label!', 'until']);
        answer.json(200, { NetworksDeleted: null });
      },
    },
  ];
}

const FILTERS = ['driver', 'type', 'name', 'id', 'label', 'scope', 'dangling'];

function list(rooms: NetworkRooms, text: string, version: number): unknown {
  const filters = Filters.parse(text, FILTERS);
  const dangling = filters.boolean('dangling');
  const type = filters.all('type');
  for (const value of type) {
    if (value !== 'custom' && value !== 'builtin') throw new EngineError(400, `invalid filter: 'type'='${value}'`);
  }
  const any = (key: string, matches: (value: string) => boolean): boolean => !filters.has(key) || filters.all(key).some(matches);
  return describe(rooms)
    .filter(({ Name, Id, Driver, Scope, Labels }) => {
      const named = filters.matchesText('name', Name) && filters.matchesText('id', Id);
      const kind = any('driver', (value) => value === Driver) && any('scope', (value) => value === Scope);
      return named && kind && (type.length === 0 || type.includes('builtin')) && filters.matchesLabels('label', Labels);
    })
    .filter(() => dangling !== true)
    .map((network) => (version < 28 ? network : { ...network, Containers: {} }));
}

function describe(rooms: NetworkRooms): NetworkAnswer[] {
  const { bridge, networks } = rooms;
  const { options, subnet } = bridge;
  const base = (Name: string, Id: string, Driver: string): NetworkAnswer => ({
    Name,
    Id,
    Created: networks.created,
    Scope: 'local',
    Driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Options: null, Config: null },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(rooms.membersOf(Name).map(({ id, name }) => [id, member(name)])),
    Options: {},
    Labels: {},
  });
  const bridged = bridge.members.map(({ containerId, name, endpoint }) => {
    const address = `${endpoint.ipAddress}/${endpoint.prefixLength}`;
    return [containerId, member(name, endpoint.endpointId, endpoint.macAddress, address)];
  });
  return [
    {
      ...base('bridge', networks.bridge, 'bridge'),
      IPAM: { Driver: 'default', Options: null, Config: [{ Subnet: subnet.cidr, Gateway: bridge.gateway }] },
      Containers: Object.fromEntries(bridged),
      Options: {
        'com.docker.network.bridge.default_bridge': 'true',
        'com.docker.network.bridge.enable_icc': String(options.icc),
        'com.docker.network.bridge.enable_ip_masquerade': String(options.masquerade),
        'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
        'com.docker.network.bridge.name': options.bridge,
        'com.docker.network.driver.mtu': String(options.mtu),
      },
    },
    base('host', networks.host, 'host'),
    base('none', networks.none, 'null'),
  ];
}

const member = (Name: string, EndpointID = '', MacAddress = '', IPv4Address = ''): Record<string, string> => ({
  Name,
  EndpointID,
  MacAddress,
  IPv4Address,
  IPv6Address: '',
});
