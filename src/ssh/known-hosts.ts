/** The user's known_hosts files, as sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", describes them. Nothing is ever written to them. */
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';

export interface KnownKeys {
  /** OpenSSH public key lines without a comment. */
  readonly keys: readonly string[];
  readonly revoked: readonly string[];
}

/** What the files say of a host. Files that cannot be read, and lines that say nothing, count as empty. */
export async function knownKeys(files: readonly string[], host: string, port: number): Promise<KnownKeys> {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const keys: string[] = [];
  const revoked: string[] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const [, marker, hosts, key] = /^\s*(?:(@\S+)\s+)?([^\s#]\S*)\s+([\w@.-]+\s+[A-Za-z0-9+/=]+)/.exec(line) ?? [];
      if (hosts === undefined || key === undefined || !matches(hosts, name)) continue;
      if (marker === undefined) keys.push(key.replace(/\s+/, ' '));
      else if (marker === '@revoked') revoked.push(key.replace(/\s+/, ' '));
    }
  }
  return { keys, revoked };
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) {
    const [, , salt = '', hash = ''] = hosts.split('|');
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  const patterns = hosts.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => matchesPattern(pattern, name));
}

/** `*` and `?`, walked without backtracking into what was matched: a pattern of a thousand stars costs nothing. */
function matchesPattern(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let i = 0; i < name.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      resume = i;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
