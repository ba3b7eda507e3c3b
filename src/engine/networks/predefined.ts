import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../../core/atomic-file.ts';

/** The networks every engine has, with ids that stay. */
export interface PredefinedNetworks {
  bridge: string;
  host: string;
  none: string;
  /** RFC 3339, with nanoseconds as dockerd prints them. */
  created: string;
}

const isId = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

/** Reads the ids, or chooses them at the first start. */
export async function predefinedNetworks(path: string): Promise<PredefinedNetworks> {
  const stored = await readFile(path, 'utf8')
    .then((text) => JSON.parse(text) as Partial<PredefinedNetworks>)
    .catch((): Partial<PredefinedNetworks> => ({}));
  const { bridge, host, none, created } = stored;
  if (isId(bridge) && isId(host) && isId(none) && typeof created === 'string') return { bridge, host, none, created };
  const id = (old: unknown): string => (isId(old) ? old : randomBytes(32).toString('hex'));
  const networks = { bridge: id(bridge), host: id(host), none: id(none), created: new Date().toISOString().replace('Z', '000000Z') };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomic(path, JSON.stringify(networks));
  return networks;
}
