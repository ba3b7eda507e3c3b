/** The HostOptions part of config.json, in docker-machine's keys and order. Slices may be null, as Go writes them. */
export interface HostOptions {
  Driver: string;
  Memory: number;
  Disk: number;
  EngineOptions: EngineHostOptions;
  SwarmOptions: SwarmHostOptions;
  AuthOptions: AuthHostOptions;
}

export interface EngineHostOptions {
  ArbitraryFlags: string[] | null;
  Dns: string[] | null;
  GraphDir: string;
  Env: string[] | null;
  Ipv6: boolean;
  InsecureRegistry: string[] | null;
  Labels: string[] | null;
  LogLevel: string;
  StorageDriver: string;
  SelinuxEnabled: boolean;
  TlsVerify: boolean;
  RegistryMirror: string[] | null;
  InstallURL: string;
}

export interface SwarmHostOptions {
  IsSwarm: boolean;
  Address: string;
  Discovery: string;
  Agent: boolean;
  Master: boolean;
  Host: string;
  Image: string;
  Strategy: string;
  Heartbeat: number;
  Overcommit: number;
  ArbitraryFlags: string[] | null;
  ArbitraryJoinFlags: string[] | null;
  Env: string[] | null;
  IsExperimental: boolean;
}

export interface AuthHostOptions {
  CertDir: string;
  CaCertPath: string;
  CaPrivateKeyPath: string;
  CaCertRemotePath: string;
  ServerCertPath: string;
  ServerKeyPath: string;
  ClientKeyPath: string;
  ServerCertRemotePath: string;
  ServerKeyRemotePath: string;
  ClientCertPath: string;
  ServerCertSANs: string[] | null;
  /** The machine's folder (docker-machine uses the word for three things). */
  StorePath: string;
}

/** What `create -d none` without a flag writes, paths empty. */
export function defaultHostOptions(): HostOptions {
  return {
    Driver: '',
    Memory: 0,
    Disk: 0,
    EngineOptions: {
      ArbitraryFlags: [],
      Dns: null,
      GraphDir: '',
      Env: [],
      Ipv6: false,
      InsecureRegistry: [],
      Labels: [],
      LogLevel: '',
      StorageDriver: '',
      SelinuxEnabled: false,
      TlsVerify: true,
      RegistryMirror: [],
      InstallURL: 'https://get.docker.com',
    },
    SwarmOptions: {
      IsSwarm: false,
      Address: '',
      Discovery: '',
      Agent: false,
      Master: false,
      Host: 'tcp://0.0.0.0:3376',
      Image: 'swarm:latest',
      Strategy: 'spread',
      Heartbeat: 0,
      Overcommit: 0,
      ArbitraryFlags: [],
      ArbitraryJoinFlags: [],
      Env: null,
      IsExperimental: false,
    },
    AuthOptions: {
      CertDir: '',
      CaCertPath: '',
      CaPrivateKeyPath: '',
      CaCertRemotePath: '',
      ServerCertPath: '',
      ServerKeyPath: '',
      ClientKeyPath: '',
      ServerCertRemotePath: '',
      ServerKeyRemotePath: '',
      ClientCertPath: '',
      ServerCertSANs: [],
      StorePath: '',
    },
  };
}

/**
 * Takes what a file says over the defaults; keys that others have besides (rancher-machine's CustomInstallScript, HostnameOverride,
 * MachineOS) stay, last. Throws naming the key, what was expected and what was found.
 */
export function hostOptionsFrom(found: unknown): HostOptions {
  const known = overlay(defaultHostOptions(), found, 'HostOptions') as HostOptions;
  const others = Object.entries(found ?? {}).filter(([key]) => !Object.hasOwn(known, key));
  return { ...known, ...Object.fromEntries(others) };
}

function overlay(expected: unknown, found: unknown, path: string): unknown {
  if (found === undefined) return expected;
  if (found === null && typeof expected !== 'object') return expected; // Go's decoder leaves a value alone at null
  if (Array.isArray(expected) || expected === null) {
    if (found === null || (Array.isArray(found) && found.every((item) => typeof item === 'string'))) return found;
    throw mismatch(path, 'a list of strings', found);
  }
  if (typeof expected !== 'object') {
    if (typeof found === typeof expected) return found;
    throw mismatch(path, `a ${typeof expected}`, found);
  }
  if (found === null) return expected;
  if (typeof found !== 'object' || Array.isArray(found)) throw mismatch(path, 'an object', found);
  const values = found as Record<string, unknown>;
  return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, overlay(value, values[key], `${path}.${key}`)]));
}

function mismatch(path: string, expected: string, found: unknown): Error {
  return new Error(`${path}: expected ${expected}, found ${JSON.stringify(found)?.slice(0, 80)}`);
}
