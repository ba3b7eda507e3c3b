import { OptionError, type Values } from './values.ts';

/** Why a value of one list is refused (moby opts/opts.go, registry/config.go); undefined: it is not. By daemon.json key. */
export const itemChecks: Record<string, (value: string) => string | undefined> = {
  labels: (label) => (label.indexOf('=') < 1 ? `bad attribute format: ${label}` : undefined),
  'registry-mirrors': mirrorProblem,
};

function mirrorProblem(mirror: string): string | undefined {
  const wanted = "must use either 'https://' or 'http://'";
  const scheme = /^([A-Za-z][\w+.-]*):\/\//.exec(mirror)?.[1];
  if (scheme === undefined) return `invalid mirror: no scheme specified for ${JSON.stringify(mirror)}: ${wanted}`;
  if (scheme !== 'http' && scheme !== 'https') {
    return `invalid mirror: unsupported scheme ${JSON.stringify(scheme)} in ${JSON.stringify(mirror)}: ${wanted}`;
  }
  if (!URL.canParse(mirror)) return `invalid mirror: ${JSON.stringify(mirror)} is not a valid URI: parse error`;
  const { search, hash, username } = new URL(mirror);
  if (search !== '' || hash !== '') return `invalid mirror: query or fragment at end of the URI ${JSON.stringify(mirror)}`;
  return username === '' ? undefined : `invalid mirror: username/password not allowed in URI ${JSON.stringify(mirror)}`;
}

/** Why daemon.json's values are refused, in the words dockerd's merged validation has. */
export function fileProblem(values: Values): string | undefined {
  for (const [key, check] of Object.entries(itemChecks)) {
    const items = values.get(key);
    for (const item of Array.isArray(items) ? items : []) {
      const problem = check(item);
      if (problem !== undefined) return problem;
    }
  }
  return numberProblem(values);
}

const LEAST: [key: string, least: number, words: string][] = [
  ['max-concurrent-downloads', 0, 'max concurrent downloads'],
  ['max-concurrent-uploads', 0, 'max concurrent uploads'],
  ['max-download-attempts', 0, 'max download attempts'],
  ['mtu', 0, 'default MTU'],
];

/** Why numbers are refused (moby daemon/config/config.go, Validate). */
export function numberProblem(values: Values): string | undefined {
  for (const [key, least, words] of LEAST) {
    const value = values.get(key);
    if (typeof value === 'number' && value < least) return `invalid ${words}: ${value}`;
  }
  return undefined;
}

/** What dockerd finds only when it starts: an address, options of the log driver, registries. Throws OptionError. */
export function checkStart({ bip, logDriver, logOptions, insecureRegistries }: StartOptions): void {
  if (bip !== '' && !/^\d+(\.\d+){3}\/\d+$/.test(bip)) {
    throw failed(`Error initializing network controller: parse bip failed: invalid CIDR address: ${bip}`);
  }
  const odd = Object.keys(logOptions).find((name) => logDriver === 'json-file' && !JSON_FILE_OPTIONS.has(name));
  if (odd !== undefined) throw failed(`failed to set log opts: failed to set log opts: unknown log opt '${odd}' for json-file log driver`);
  for (const entry of insecureRegistries) {
    const host = entry.replace(/^https?:\/\//, '');
    const network = /^[\da-fA-F.:]+\/\d+$/.test(host);
    if (host.includes('/') && !network) throw failed(`insecure registry ${host} is not valid: invalid host ${JSON.stringify(host)}`);
  }
}

interface StartOptions {
  bip: string;
  logDriver: string;
  logOptions: Record<string, string>;
  insecureRegistries: string[];
}

/** What log driver json-file takes, of the daemon and of a container. */
export const JSON_FILE_OPTIONS: ReadonlySet<string> = new Set([
  'max-file',
  'max-size',
  'compress',
  'labels',
  'labels-regex',
  'env',
  'env-regex',
  'tag',
  'mode',
  'max-buffer-size',
]);

function failed(message: string): OptionError {
  return new OptionError(`failed to start daemon: ${message}`);
}
