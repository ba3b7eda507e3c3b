import { closeSync, constants, fstatSync, futimesSync, lstatSync, unlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { makeWhiteout, setAttribute } from '../syscalls/filesystem.ts';
import { openInRoot } from '../syscalls/open-in-root.ts';

const PREFIX = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** True for the marks that image layers use for deletions (OCI image spec, "Whiteouts"). */
export function isWhiteout(path: string): boolean {
  return basename(path).startsWith(PREFIX);
}

/**
 * Turns the marks that tar unpacked as files under `root` into overlayfs's own: `.wh.NAME` into character device 0:0
 * NAME, `.wh..wh..opq` into the attribute trusted.overlay.opaque of its directory. Directory times stay.
 */
export function convertWhiteouts(root: string, marks: Iterable<string>): void {
  const byDirectory = new Map<string, string[]>();
  for (const mark of marks) {
    const directory = dirname(mark);
    byDirectory.set(directory, [...(byDirectory.get(directory) ?? []), basename(mark)]);
  }
  for (const [directory, names] of byDirectory) {
    const fd = openInRoot(root, directory, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const times = fstatSync(fd);
      for (const name of names) convert(fd, name);
      futimesSync(fd, times.atimeMs / 1000, times.mtimeMs / 1000);
    } finally {
      closeSync(fd);
    }
  }
}

function convert(directoryFd: number, name: string): void {
  const at = `/proc/self/fd/${directoryFd}`;
  unlinkSync(`${at}/${name}`);
  if (name === OPAQUE) {
    setAttribute(directoryFd, 'trusted.overlay.opaque', 'y');
    return;
  }
  // aufs kept more marks of its own under this prefix (.wh..wh.plnk, …); they mean nothing here
  if (name.startsWith('.wh..wh.')) return;
  const hidden = name.slice(PREFIX.length);
  const existing = lstatSync(`${at}/${hidden}`, { throwIfNoEntry: false });
  if (!existing) makeWhiteout(directoryFd, hidden);
  else if (existing.isDirectory()) hideBelow(directoryFd, hidden);
}

/** The layer deletes a directory and brings one of the same name: only what is below is hidden. */
function hideBelow(directoryFd: number, name: string): void {
  const fd = openInRoot(`/proc/self/fd/${directoryFd}`, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    setAttribute(fd, 'trusted.overlay.opaque', 'y');
  } finally {
    closeSync(fd);
  }
}
