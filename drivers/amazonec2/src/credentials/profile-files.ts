/** ~/.aws/config and ~/.aws/credentials. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MachineError, messageOf, type Platform, systemCode } from 'tsmachine/driver';

export type Section = Readonly<Record<string, string>>;

export interface AwsFiles {
  readonly profiles: Readonly<Record<string, Section>>;
  readonly ssoSessions: Readonly<Record<string, Section>>;
}

/** A file that is not there is empty. What the credentials file says of a profile wins. Throws CLOUD_CREDENTIALS. */
export async function readAwsFiles({ env, home }: Platform): Promise<AwsFiles> {
  const config = sections(await text(env.AWS_CONFIG_FILE || join(home, '.aws', 'config')));
  const credentials = sections(await text(env.AWS_SHARED_CREDENTIALS_FILE || join(home, '.aws', 'credentials')));
  const profiles: Record<string, Section> = {};
  const ssoSessions: Record<string, Section> = {};
  for (const [title, section] of config) {
    const [, kind, name = ''] = /^(profile|sso-session)\s+(.*)$/.exec(title) ?? [];
    if (kind === 'sso-session') ssoSessions[unquoted(name)] = section;
    else if (kind === 'profile') profiles[unquoted(name)] = section;
    else if (title === 'default') profiles.default = section;
  }
  for (const [name, section] of credentials) profiles[name] = { ...profiles[name], ...section };
  return { profiles, ssoSessions };
}

async function text(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return '';
    throw new MachineError('CLOUD_CREDENTIALS', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Settings below a setting (indented) are read over: none of them is about credentials. */
function sections(source: string): Map<string, Section> {
  const found = new Map<string, Record<string, string>>();
  let current: Record<string, string> | undefined;
  for (const line of source.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const title = /^\[([^\]]+)\]/.exec(line)?.[1]?.trim();
    if (title !== undefined) {
      current = found.get(title) ?? Object.create(null);
      found.set(title, current ?? {});
      continue;
    }
    const [, key, value = ''] = /^([^\s=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && current) current[key.toLowerCase()] = value.replace(/\s[#;].*$/, '').trim();
  }
  return found;
}

const unquoted = (name: string): string => name.trim().replace(/^(["'])(.*)\1$/, '$2');
