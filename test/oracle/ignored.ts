/** Every leaf that is not compared, with the reason. The README's table and test/oracle/README.md repeat this list. */

export interface Ignored {
  /** Calls it applies to; all when left out. */
  call?: RegExp;
  leaf: RegExp;
  reason: string;
}

const VERSION = /version/;
const INFO = / info$/;

export const ignored: Ignored[] = [
  { leaf: /^header\.server$/, reason: 'names the version and the kind of engine' },
  { leaf: /^header\.builder-version$/, reason: 'no BuildKit in ours yet: 1 tells clients to use the classic builder' },
  { call: /^inspect none/, leaf: /\.SandboxKey$/, reason: 'the path of a network namespace; both can be entered' },
  { call: VERSION, leaf: /^body\.(Platform\.Name|Version|GitCommit|GoVersion|BuildTime)$/, reason: 'what kind of engine this is' },
  {
    call: VERSION,
    leaf: /^body\.Components\.0\.(Version|Details\.(GitCommit|GoVersion|BuildTime))$/,
    reason: 'what kind of engine this is',
  },
  { call: VERSION, leaf: /^body\.Components\.[1-9]/, reason: 'containerd, runc and docker-init are not part of ours; crun is' },
  { call: INFO, leaf: /^body\.ID$/, reason: 'random, made at the first start' },
  { call: INFO, leaf: /^body\.(ServerVersion|OperatingSystem|OSVersion)$/, reason: 'each engine runs in the Debian release it comes with' },
  { call: INFO, leaf: /^body\.(NFd|NGoroutines)$/, reason: 'counters of the process; Node has no goroutines' },
  {
    call: INFO,
    leaf: /^body\.Plugins\.(Network|Log)/,
    reason: 'lists what is built in: ours has bridge, host, none and json-file, local, none',
  },
  {
    call: INFO,
    leaf: /^body\.(Runtimes|DefaultRuntime|InitBinary|RuncCommit|ContainerdCommit|Containerd|InitCommit)\b/,
    reason: 'crun, no containerd, no docker-init',
  },
  { call: INFO, leaf: /^body\.(FirewallBackend|CDISpecDirs)\b/, reason: 'ours writes nftables rules itself and has no device plugins' },
  {
    call: /^state after that$/,
    leaf: /^body\.0\.NetworkSettings\.Networks\.bridge\.(MacAddress|NetworkID|EndpointID|IPAddress|IPPrefixLen|Gateway)$/,
    reason: 'after a refused port 28.5 still shows the endpoint it has let go; ours shows none',
  },
];
