import { closeSync, constants, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mount, unmount } from '../syscalls/mount.ts';
import { makeDirectoryInRoot, openInRoot, resolveInRoot } from '../syscalls/open-in-root.ts';

/** What dockerd puts between an image and each container's own layer: mount points and the mark of being in a container. */
const DIRECTORIES = ['/dev/pts', '/dev/shm', '/proc', '/sys'];
const FILES = ['/.dockerenv', '/etc/resolv.conf', '/etc/hosts', '/etc/hostname', '/dev/console'];
const MTAB = '/etc/mtab';

/**
 * Makes `<folder>-init/diff` for an image whose layers `lowers` are given top first, unless it is there. It depends on the
 * image alone, so all its containers share it.
 */
export function ensureInitLayer(folder: string, lowers: readonly string[]): string {
  const target = `${folder}-init`;
  const diff = join(target, 'diff');
  if (existsSync(diff)) return diff;
  const staging = join(dirname(folder), `tmp-${process.pid}-${basename(folder).slice(0, 16)}-init`);
  rmSync(staging, { recursive: true, force: true });
  for (const name of ['diff', 'work', 'merged']) mkdirSync(join(staging, name), { recursive: true, mode: 0o755 });
  const merged = join(staging, 'merged');
  mount('overlay', merged, 'overlay', 0, `lowerdir=${lowers.join(':')},upperdir=${join(staging, 'diff')},workdir=${join(staging, 'work')}`);
  try {
    fill(merged);
  } finally {
    unmount(merged);
  }
  rmSync(merged, { recursive: true, force: true });
  renameSync(staging, target);
  return diff;
}

function fill(root: string): void {
  for (const path of DIRECTORIES) attempt(() => makeDirectoryInRoot(root, path));
  for (const path of FILES) {
    attempt(() => {
      if (dirname(path) !== '/') makeDirectoryInRoot(root, dirname(path));
      if (resolveInRoot(root, path) === undefined)
        closeSync(openInRoot(root, path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o755));
    });
  }
  attempt(() => {
    const etc = makeDirectoryInRoot(root, dirname(MTAB));
    symlinkSync('/proc/mounts', join(etc, basename(MTAB)));
  });
}

/** An image may have a file where a directory is wanted: it keeps it, and the runtime says what it cannot mount. */
function attempt(step: () => unknown): void {
  try {
    step();
  } catch {
    // see above
  }
}
