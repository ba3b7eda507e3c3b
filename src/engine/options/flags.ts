/** dockerd's own options (Docker 28.5 `dockerd --help`), as data: the command line, daemon.json and `--help` all come from here. */
export type FlagKind = 'bool' | 'string' | 'int' | 'list' | 'map' | 'bytes' | 'ip';

export interface Flag {
  name: string;
  short?: string;
  kind: FlagKind;
  /** Key in daemon.json where it is not the flag's name. */
  key?: string;
  default?: string | number | boolean;
  help: string;
  /** Word shown for the value in `--help`. */
  word?: string;
}

const row =
  (kind: FlagKind) =>
  (name: string, help: string, more: Partial<Flag> = {}): Flag => ({ name, kind, help, ...more });
const bool = row('bool');
const text = row('string');
const number = row('int');
const list = row('list');
const map = row('map');

export const flags: readonly Flag[] = [
  list('authorization-plugin', 'Authorization plugins to load', { key: 'authorization-plugins' }),
  bool('allow-direct-routing', 'Allow remote access to published ports on container IP addresses'),
  text('bip', 'IPv4 address for the default bridge'),
  text('bip6', 'IPv6 address for the default bridge'),
  text('bridge', 'Attach containers to a network bridge', { short: 'b' }),
  list('cdi-spec-dir', 'CDI specification directories to use', { key: 'cdi-spec-dirs' }),
  text('cgroup-parent', 'Set parent cgroup for all containers'),
  text('config-file', 'Daemon configuration file', { default: '/etc/docker/daemon.json' }),
  text('containerd', 'containerd grpc address'),
  text('containerd-namespace', 'Containerd namespace to use', { default: 'moby' }),
  text('containerd-plugins-namespace', 'Containerd namespace to use for plugins', { default: 'plugins.moby' }),
  bool('cri-containerd', 'start containerd with cri'),
  text('data-root', 'Root directory of persistent Docker state', { default: '/var/lib/docker' }),
  bool('debug', 'Enable debug mode', { short: 'D' }),
  list('default-address-pool', 'Default address pools for node specific local networks', {
    key: 'default-address-pools',
    word: 'pool-options',
  }),
  text('default-cgroupns-mode', 'Default mode for containers cgroup namespace ("host" | "private")', { default: 'private' }),
  text('default-gateway', 'Default gateway IPv4 address for the default bridge network', { word: 'ip' }),
  text('default-gateway-v6', 'Default gateway IPv6 address for the default bridge network', { word: 'ip' }),
  text('default-ipc-mode', 'Default mode for containers ipc ("shareable" | "private")', { default: 'private' }),
  map('default-network-opt', 'Default network options', { key: 'default-network-opts', word: 'mapmap' }),
  text('default-runtime', 'Default OCI runtime for containers', { default: 'runc' }),
  row('bytes')('default-shm-size', 'Default shm size for containers', { default: '64MiB', word: 'bytes' }),
  list('default-ulimit', 'Default ulimits for containers', { key: 'default-ulimits', word: 'ulimit' }),
  list('dns', 'DNS server to use', { word: 'ipSlice' }),
  list('dns-opt', 'DNS options to use', { key: 'dns-opts' }),
  list('dns-search', 'DNS search domains to use'),
  list('exec-opt', 'Runtime execution options', { key: 'exec-opts' }),
  text('exec-root', 'Root directory for execution state files', { default: '/var/run/docker' }),
  bool('experimental', 'Enable experimental features'),
  map('feature', 'Enable feature in the daemon', { key: 'features' }),
  text('fixed-cidr', 'IPv4 subnet for the default bridge network'),
  text('fixed-cidr-v6', 'IPv6 subnet for the default bridge network'),
  text('group', 'Group for the unix socket', { short: 'G', default: 'docker' }),
  bool('help', 'Print usage', { short: 'h' }),
  list('host', 'Daemon socket(s) to connect to', { short: 'H', key: 'hosts' }),
  list('host-gateway-ip', "IP addresses that the special 'host-gateway' string in --add-host resolves to", { key: 'host-gateway-ips' }),
  text('http-proxy', 'HTTP proxy URL to use for outgoing traffic'),
  text('https-proxy', 'HTTPS proxy URL to use for outgoing traffic'),
  bool('icc', 'Enable inter-container communication for the default bridge network', { default: true }),
  bool('init', 'Run an init in the container to forward signals and reap processes'),
  text('init-path', 'Path to the docker-init binary'),
  list('insecure-registry', 'Enable insecure registry communication', { key: 'insecure-registries' }),
  row('ip')('ip', 'Host IP for port publishing from the default bridge network', { default: '0.0.0.0', word: 'ip' }),
  bool('ip-forward', 'Enable IP forwarding in system configuration', { default: true }),
  bool('ip-forward-no-drop', 'Do not set the filter-FORWARD policy to DROP when enabling IP forwarding'),
  bool('ip-masq', 'Enable IP masquerading for the default bridge network', { default: true }),
  bool('ip6tables', 'Enable addition of ip6tables rules', { default: true }),
  bool('iptables', 'Enable addition of iptables rules', { default: true }),
  bool('ipv6', 'Enable IPv6 networking for the default bridge network'),
  list('label', 'Set key=value labels to the daemon', { key: 'labels' }),
  bool('live-restore', 'Enable live restore of docker when containers are still running'),
  text('log-driver', 'Default driver for container logs', { default: 'json-file' }),
  text('log-format', 'Set the logging format ("text"|"json")', { default: 'text' }),
  text('log-level', 'Set the logging level ("debug"|"info"|"warn"|"error"|"fatal")', { short: 'l', default: 'info' }),
  map('log-opt', 'Default log driver options for containers', { key: 'log-opts' }),
  number('max-concurrent-downloads', 'Set the max concurrent downloads', { default: 3 }),
  number('max-concurrent-uploads', 'Set the max concurrent uploads', { default: 5 }),
  number('max-download-attempts', 'Set the max download attempts for each pull', { default: 5 }),
  text('metrics-addr', 'Set default address and port to serve the metrics api on'),
  number('mtu', 'Set the MTU for the default "bridge" network', { default: 1500 }),
  number('network-control-plane-mtu', 'Network Control plane MTU', { default: 1500 }),
  bool('no-new-privileges', 'Set no-new-privileges by default for new containers'),
  text('no-proxy', 'Comma-separated list of hosts or IP addresses for which the proxy is skipped'),
  list('node-generic-resource', 'Advertise user-defined resource', { key: 'node-generic-resources' }),
  text('pidfile', 'Path to use for daemon PID file', { short: 'p', default: '/var/run/docker.pid' }),
  bool('raw-logs', 'Full timestamps without ANSI coloring'),
  list('registry-mirror', 'Preferred Docker registry mirror', { key: 'registry-mirrors' }),
  bool('rootless', 'Enable rootless mode; typically used with RootlessKit'),
  text('seccomp-profile', 'Path to seccomp profile. Set to "unconfined" to disable the default seccomp profile', { default: 'builtin' }),
  bool('selinux-enabled', 'Enable selinux support'),
  number('shutdown-timeout', 'Set the default shutdown timeout', { default: 15 }),
  text('storage-driver', 'Storage driver to use', { short: 's' }),
  list('storage-opt', 'Storage driver options', { key: 'storage-opts' }),
  text('swarm-default-advertise-addr', 'Set default address or interface for swarm advertised address'),
  bool('tls', 'Use TLS; implied by --tlsverify'),
  text('tlscacert', 'Trust certs signed only by this CA', { default: '~/.docker/ca.pem' }),
  text('tlscert', 'Path to TLS certificate file', { default: '~/.docker/cert.pem' }),
  text('tlskey', 'Path to TLS key file', { default: '~/.docker/key.pem' }),
  bool('tlsverify', 'Use TLS and verify the remote'),
  bool('userland-proxy', 'Use userland proxy for loopback traffic', { default: true }),
  text('userland-proxy-path', 'Path to the userland proxy binary'),
  text('userns-remap', 'User/Group setting for user namespaces'),
  bool('validate', 'Validate daemon configuration and exit'),
  bool('version', 'Print version information and quit', { short: 'v' }),
];

/** Keys of daemon.json that are no flags (moby daemon/config/config.go, skipValidateOptions). */
export const fileOnlyKeys: ReadonlySet<string> = new Set([
  'features',
  'builder',
  'deprecated-key-path',
  'min-api-version',
  'runtimes',
  'proxies',
  'add-runtime',
]);

export const keyOf = (flag: Flag): string => flag.key ?? flag.name;
