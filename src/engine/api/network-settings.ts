import { createHash } from 'node:crypto';
import type { Container } from '../containers/container.ts';
import { portMap } from '../containers/ports.ts';
import type { ContainerServices } from '../containers/services.ts';

type Settings = Record<string, unknown>;

/** `NetworkSettings` of inspect (v1.51). */
export function networkSettings(services: ContainerServices, container: Container): Settings {
  const { config, hostConfig, endpoint } = container.record;
  const active = container.running;
  const bridge = active ? endpoint : undefined;
  const usesBridge = hostConfig.NetworkMode === 'bridge';
  return {
    Bridge: '',
    SandboxID: active ? derivedId('sandbox', container) : '',
    SandboxKey: active ? sandboxKey(container) : '',
    Ports: active ? portMap(config, endpoint) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: usesBridge ? (bridge?.endpointId ?? '') : '',
    Gateway: usesBridge ? (bridge?.gateway ?? '') : '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: usesBridge ? (bridge?.ipAddress ?? '') : '',
    IPPrefixLen: usesBridge ? (bridge?.prefixLength ?? 0) : 0,
    IPv6Gateway: '',
    MacAddress: usesBridge ? (bridge?.macAddress ?? '') : '',
    Networks: networks(services, container),
  };
}

/** `Networks` of inspect and of the list. */
export function networks(services: ContainerServices, container: Container): Record<string, Settings> {
  const { config, hostConfig, endpoint, endpoints } = container.record;
  const mode = hostConfig.NetworkMode ?? 'bridge';
  if (mode.startsWith('container:') || config.NetworkDisabled === true) return {};
  const current = container.running ? endpoint : undefined;
  const asked = endpoints[mode] ?? {};
  return {
    [mode]: {
      IPAMConfig: asked.IPAMConfig ?? null,
      Links: asked.Links ?? null,
      Aliases: asked.Aliases ?? null,
      MacAddress: current?.macAddress ?? '',
      DriverOpts: asked.DriverOpts ?? null,
      GwPriority: asked.GwPriority ?? 0,
      NetworkID: current?.networkId ?? networkId(services, mode, container),
      EndpointID: current?.endpointId ?? (container.running ? derivedId('endpoint', container) : ''),
      Gateway: current?.gateway ?? '',
      IPAddress: current?.ipAddress ?? '',
      IPPrefixLen: current?.prefixLength ?? 0,
      IPv6Gateway: '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      DNSNames: asked.DNSNames ?? null,
    },
  };
}

/** Ids of which there is one for each start and nothing but inspect shows. */
function derivedId(purpose: string, { record }: Container): string {
  return createHash('sha256').update(`${purpose} ${record.id} ${record.state.startedAt}`).digest('hex');
}

function sandboxKey(container: Container): string {
  const { hostConfig, endpoint, state } = container.record;
  if (hostConfig.NetworkMode === 'host') return '/var/run/docker/netns/default';
  return endpoint?.netns ?? `/proc/${state.pid}/ns/net`;
}

function networkId(services: ContainerServices, mode: string, container: Container): string {
  const started = !container.record.state.startedAt.startsWith('0001');
  if (!started) return '';
  const ids: Record<string, string> = {
    bridge: services.networkIds.bridge,
    host: services.networkIds.host,
    none: services.networkIds.none,
  };
  return ids[mode] ?? '';
}
