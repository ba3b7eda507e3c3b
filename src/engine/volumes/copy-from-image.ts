import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { internal } from '../errors.ts';
import { resolveInRoot } from '../syscalls/open-in-root.ts';

const ATTRIBUTES = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '--xattrs-exclude=trusted.*'];

/**
 * Copies the content of a directory of a container's file system, and the directory's own owner and mode, into an empty
 * directory. `path` is looked up inside `rootfs`, where nothing runs yet. A path that is no directory copies nothing.
 */
export async function copyFromImage(rootfs: string, path: string, target: string): Promise<void> {
  const source = resolveInRoot(rootfs, path);
  if (source === undefined || !(await stat(source)).isDirectory()) return;
  const read = spawn('tar', ['--create', ...ATTRIBUTES, '--directory', source, '--file', '-', '.'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const write = spawn('tar', ['--extract', ...ATTRIBUTES, '--same-owner', '--preserve-permissions', '--directory', target, '--file', '-'], {
    stdio: [read.stdout, 'ignore', 'pipe'],
  });
  read.stdout.destroy();
  await Promise.all([read, write].map(ended));
}

function ended(child: ReturnType<typeof spawn>): Promise<void> {
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(0, 4096);
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(internal(`cannot start tar (Debian package tar): ${error.message}`, error)));
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(internal(`tar: ${words.trim().split('\n')[0] ?? `exit code ${code}`}`)),
    );
  });
}
