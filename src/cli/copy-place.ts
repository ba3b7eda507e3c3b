import type { CopyPlace } from '../machine/api.ts';

/**
 * A word of `scp`: `[user@]machine:path`, `localhost:path` for a local path that has a colon, else a local path. As with ssh's
 * scp (and unlike docker-machine) a slash before the first colon makes it local, and so does a Windows drive.
 */
export function copyPlace(word: string, os: NodeJS.Platform): CopyPlace {
  const colon = word.indexOf(':');
  const before = word.slice(0, colon);
  if (colon <= 0 || before.includes('/')) return { path: word };
  if (os === 'win32' && (/^[a-z]$/i.test(before) || before.includes('\\'))) return { path: word };
  const at = before.lastIndexOf('@');
  const [user, machine, path] = [before.slice(0, Math.max(at, 0)), before.slice(at + 1), word.slice(colon + 1)];
  if (machine === 'localhost') return { path };
  return { machine, path, ...(user === '' ? {} : { user }) };
}
