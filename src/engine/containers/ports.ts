import type { Endpoint, PortBinding } from '../contracts.ts';
import { badRequest } from '../errors.ts';
import type { ContainerConfig, HostConfig } from './types.ts';

/** The bindings to make at start: `-p` and, with `-P`, every exposed port. Throws 400. */
export function wantedPorts(config: ContainerConfig, host: HostConfig, defaultIp: string): PortBinding[] {
  const bindings = new Map(Object.entries(host.PortBindings ?? {}).map(([port, list]) => [normalPort(port), list ?? []]));
  // As dockerd, only what is exposed can be published; the CLI exposes what it publishes.
  // Without an address a port is published for both families, unless --ip says otherwise.
  const unspecified = defaultIp === '0.0.0.0' ? '' : defaultIp;
  return exposedPorts(config).flatMap((containerPort) => {
    const wanted = bindings.get(containerPort) ?? [];
    const any = host.PublishAllPorts === true ? [{ HostIp: '', HostPort: '' }] : [];
    return (wanted.length > 0 ? wanted : any).map(({ HostIp = '', HostPort = '' }) => {
      return { containerPort, hostIp: HostIp === '' ? unspecified : HostIp, hostPort: hostPort(HostPort) };
    });
  });
}

function exposedPorts(config: ContainerConfig): string[] {
  return [...new Set(Object.keys(config.ExposedPorts ?? {}).map(normalPort))];
}

/** Checks the syntax of the bindings at create. Throws 400 with dockerd's words. */
export function checkPorts(host: HostConfig): void {
  for (const [port, bindings] of Object.entries(host.PortBindings ?? {})) {
    const [number = '', protocol = 'tcp'] = port.split('/');
    if (!validPort(number) || !['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase()))
      throw badRequest(`invalid port specification: ${JSON.stringify(validPort(number) ? port : number)}`);
    for (const binding of bindings ?? []) {
      const text = binding.HostPort ?? '';
      if (text !== '' && !/^\d+(-\d+)?$/.test(text)) throw badRequest(`invalid port specification: ${JSON.stringify(text)}`);
      for (const part of text.split('-'))
        if (part !== '' && Number(part) > 65535) throw badRequest(`invalid port specification: ${JSON.stringify(text)}`);
    }
  }
}

/** `NetworkSettings.Ports` of inspect: every exposed port, with its bindings while running. */
export function portMap(
  config: ContainerConfig,
  endpoint: Endpoint | undefined,
): Record<string, { HostIp: string; HostPort: string }[] | null> {
  if (endpoint === undefined) return {};
  const map: Record<string, { HostIp: string; HostPort: string }[] | null> = Object.fromEntries(
    exposedPorts(config).map((port) => [port, null]),
  );
  for (const { containerPort, hostIp, hostPort: port } of endpoint.ports) {
    map[containerPort] = [...(map[containerPort] ?? []), { HostIp: hostIp, HostPort: String(port) }];
  }
  return map;
}

function normalPort(port: string): string {
  return port.includes('/') ? port.toLowerCase() : `${port}/tcp`;
}

function validPort(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) > 0 && Number(text) <= 65535;
}

function hostPort(text: string): number {
  // Of a range the engine would choose; its first is taken.
  return text === '' ? 0 : Number(text.split('-')[0]);
}
