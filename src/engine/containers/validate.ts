import type { Image } from '../contracts.ts';
import { badRequest, EngineError, notFound } from '../errors.ts';
import { JSON_FILE_OPTIONS } from '../options/checks.ts';
import { readLogLimits } from '../runtime/logs/log-writer.ts';
import { containerCapabilities, parseSecurityOptions } from '../runtime/spec/index.ts';
import { checkPorts } from './ports.ts';
import { parseSignal } from './signals.ts';
import type { ContainerConfig, HostConfig } from './types.ts';

/** What dockerd checks while it decodes (moby runconfig/config.go, hostconfig_unix.go). Throws 400. */
export function checkDecoded(config: ContainerConfig, host: HostConfig): void {
  const mode = host.NetworkMode ?? '';
  if (mode.startsWith('container:')) {
    if (mode === 'container:') throw badRequest('invalid network mode: invalid container format container:<name|id>');
    if (config.Hostname) throw badRequest('conflicting options: hostname and the network mode');
    if ((host.Links ?? []).length > 0)
      throw badRequest("conflicting options: container type network can't be used with links. This would result in undefined behavior");
    if ((host.Dns ?? []).length > 0) throw badRequest('conflicting options: dns and the network mode');
    if ((host.ExtraHosts ?? []).length > 0) throw badRequest('conflicting options: custom host-to-IP mapping and the network mode');
    if (config.MacAddress) throw badRequest('conflicting options: mac-address and the network mode');
    if (Object.keys(host.PortBindings ?? {}).length > 0 || host.PublishAllPorts === true) {
      throw badRequest('conflicting options: port publishing and the container type network mode');
    }
    if (Object.keys(config.ExposedPorts ?? {}).length > 0)
      throw badRequest('conflicting options: port exposing and the container type network mode');
  }
  if (host.UTSMode === 'host' && config.Hostname) throw badRequest('conflicting options: hostname and the UTS mode');
  if (mode === 'host' && (host.Links ?? []).length > 0) {
    throw badRequest("conflicting options: host type networking can't be used with links. This would result in undefined behavior");
  }
  if ((host.CpuShares ?? 0) < 0) throw badRequest(`invalid CPU shares (${host.CpuShares}): value must be a positive integer`);
}

/** Throws 400. */
export function checkConfig(config: ContainerConfig): void {
  if (config.WorkingDir && !config.WorkingDir.startsWith('/')) {
    throw badRequest(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  }
  if (config.StopSignal) parseSignal(config.StopSignal);
  for (const line of config.Env ?? []) if (line === '' || line.startsWith('=')) throw badRequest(`invalid environment variable: ${line}`);
}

/** Throws 400, 500 for a bad security option, as dockerd (moby daemon/container.go, validateHostConfig). */
export function checkHostConfig(host: HostConfig): void {
  const { Name: policy = '', MaximumRetryCount: retries = 0 } = host.RestartPolicy ?? {};
  if (host.AutoRemove === true && policy !== '' && policy !== 'no')
    throw badRequest("can't create 'AutoRemove' container with restart policy");
  for (const entry of host.ExtraHosts ?? []) checkExtraHost(entry);
  checkPorts(host);
  checkRestartPolicy(policy, retries);
  checkCapabilities('CapAdd', host.CapAdd ?? []);
  checkCapabilities('CapDrop', host.CapDrop ?? []);
  checkNamespaces(host);
  if (!['', 'runc', 'crun', 'io.containerd.runc.v2'].includes(host.Runtime ?? ''))
    throw badRequest(`unknown or invalid runtime name: ${host.Runtime}`);
  if ((host.ShmSize ?? 0) < 0) throw badRequest('SHM size can not be less than 0');
  const adjustment = host.OomScoreAdj ?? 0;
  if (adjustment < -1000 || adjustment > 1000) throw badRequest(`Invalid value ${adjustment}, range for oom score adj is [-1000, 1000]`);
  try {
    parseSecurityOptions(host.SecurityOpt);
  } catch (error) {
    throw error instanceof EngineError ? new EngineError(500, error.message, { cause: error }) : error;
  }
}

function checkExtraHost(entry: string): void {
  const colon = entry.indexOf(':');
  if (colon < 1) throw badRequest(`bad format for add-host: ${JSON.stringify(entry)}`);
  const address = entry.slice(colon + 1);
  if (address !== 'host-gateway' && !/^[\d.]+$|:/.test(address))
    throw badRequest(`invalid IP address in add-host: ${JSON.stringify(address)}`);
}

function checkRestartPolicy(policy: string, retries: number): void {
  const invalid = (reason: string): Error => badRequest(`invalid restart policy: ${reason}`);
  if (!['', 'no', 'always', 'unless-stopped', 'on-failure'].includes(policy)) {
    throw invalid(`unknown policy '${policy}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`);
  }
  if (policy !== 'on-failure' && retries > 0) throw invalid("maximum retry count can only be used with 'on-failure'");
  if (retries < 0) throw invalid('maximum retry count cannot be negative');
}

function checkCapabilities(field: 'CapAdd' | 'CapDrop', names: string[]): void {
  try {
    containerCapabilities(field === 'CapAdd' ? { add: names } : { drop: names });
  } catch (error) {
    throw error instanceof EngineError ? badRequest(`invalid ${field}: ${error.message}`) : error;
  }
}

function checkNamespaces(host: HostConfig): void {
  const pid = host.PidMode ?? '';
  if (pid !== '' && pid !== 'host' && !pid.startsWith('container:')) throw badRequest(`invalid PID mode: ${pid}`);
  const ipc = host.IpcMode ?? '';
  if (!['', 'none', 'private', 'shareable', 'host'].includes(ipc) && !ipc.startsWith('container:'))
    throw badRequest(`invalid IPC mode: ${ipc}`);
  const uts = host.UTSMode ?? '';
  if (uts !== '' && uts !== 'host') throw badRequest(`invalid UTS mode: ${uts}`);
  const cgroup = host.CgroupnsMode ?? '';
  if (!['', 'host', 'private'].includes(cgroup)) throw badRequest(`invalid cgroup namespace mode: ${cgroup}`);
}

const logOptions: Record<string, ReadonlySet<string>> = {
  'json-file': JSON_FILE_OPTIONS,
  local: new Set(['max-file', 'max-size', 'compress', 'mode', 'max-buffer-size']),
};

/** Throws 400 with dockerd's words. */
export function checkLogging(host: HostConfig): void {
  const { Type: driver = '', Config: options } = host.LogConfig ?? {};
  if (driver === 'none') return;
  const known = logOptions[driver];
  if (known === undefined) throw badRequest(`error looking up logging plugin ${driver}: plugin "${driver}" not found`);
  for (const name of Object.keys(options ?? {}))
    if (!known.has(name)) throw badRequest(`unknown log opt '${name}' for ${driver} log driver`);
  try {
    readLogLimits(options ?? {});
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}

/** `?platform=` of create (since v1.41). Throws 400 and 404. */
export function checkPlatform(image: Image, reference: string, platform: string): void {
  const parts = platform.split('/');
  if (parts.length > 3 || parts.some((part) => !/^[A-Za-z0-9_.-]+$/.test(part))) {
    throw badRequest(`${JSON.stringify(platform)}: cannot parse platform specifier: invalid argument`);
  }
  const { os, architecture } = image.config;
  const [wantedOs = 'linux', wantedArchitecture = architecture] = parts;
  if (wantedOs === os && wantedArchitecture === architecture) return;
  throw notFound(
    `image with reference ${reference} was found but its platform (${os}/${architecture}) does not match the specified platform (${wantedOs}/${wantedArchitecture})`,
  );
}
