import { MachineError, messageOf } from '../core/errors.ts';
import { type DaemonOptions, daemonArguments } from './daemon-arguments.ts';

const PATH = '/etc/docker/daemon.json';

/** Flags whose daemon.json key is not their name (dockerd's config file reference). */
const KEYS: Readonly<Record<string, string>> = {
  H: 'hosts',
  host: 'hosts',
  label: 'labels',
  'insecure-registry': 'insecure-registries',
  'registry-mirror': 'registry-mirrors',
  'log-opt': 'log-opts',
  'exec-opt': 'exec-opts',
  'storage-opt': 'storage-opts',
  'dns-opt': 'dns-opts',
  'default-ulimit': 'default-ulimits',
  'authorization-plugin': 'authorization-plugins',
  'add-runtime': 'runtimes',
  'default-address-pool': 'default-address-pools',
  'node-generic-resource': 'node-generic-resources',
  D: 'debug',
  l: 'log-level',
  G: 'group',
  s: 'storage-driver',
};

/** What daemon.json says. Throws `PROVISION_CONFLICT` when it is nothing the engine could read. */
export function parseDaemonJson(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined || text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new MachineError('PROVISION_CONFLICT', `${PATH} on the machine is not JSON: ${messageOf(error)}`, { hint: 'mend or remove it' });
  }
  throw new MachineError('PROVISION_CONFLICT', `${PATH} on the machine: expected a JSON object, found ${text.trim().slice(0, 60)}`, {
    hint: 'mend or remove it',
  });
}

/**
 * dockerd refuses to start when a setting stands both on its command line and in daemon.json. Throws `PROVISION_CONFLICT` naming
 * each such key, both values and what to do; the file is never touched.
 */
export function refuseConflicts(found: Readonly<Record<string, unknown>>, options: DaemonOptions): void {
  const flags = flagValues(daemonArguments(options));
  const conflicts = [...flags].filter(([key]) => Object.hasOwn(found, key));
  if (found.tls === false) conflicts.push(['tls', ['--tlsverify']]);
  if (conflicts.length === 0) return;
  const lines = conflicts.map(([key, given]) => `"${key}" is ${JSON.stringify(found[key])} there, and ${given.join(' ')} here`);
  throw new MachineError('PROVISION_CONFLICT', `${PATH} on the machine says what the engine is also told as options: ${lines.join('; ')}`, {
    hint: `take ${conflicts.map(([key]) => `"${key}"`).join(', ')} out of the file, or leave the option out where it is yours; nothing was changed`,
  });
}

/** daemon.json key → the words that set it. */
function flagValues(words: readonly string[]): Map<string, string[]> {
  const flags = new Map<string, string[]>();
  for (const [at, word] of words.entries()) {
    const [, name, value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) continue;
    const key = KEYS[name] ?? name;
    const next = words[at + 1];
    const given = value === undefined && next !== undefined && !next.startsWith('-') ? `${word} ${next}` : word;
    flags.set(key, [...(flags.get(key) ?? []), given]);
  }
  return flags;
}
