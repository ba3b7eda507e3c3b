/** Images only tests need: one whose layers hold everything that is hard about layers, and a Debian userland (glibc). */

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { debianMirror } from '../../scripts/content/debian.ts';
import { type BuiltImage, type Entry, image, layer } from '../../scripts/content/image.ts';
import { busybox } from '../../scripts/content/images.ts';
import { MMDEBSTRAP_OPTIONS, needs } from './roots.ts';

const exec = promisify(execFile);

const dir = (name: string, more: Partial<Entry> = {}): Entry => ({ name, type: 'directory', ...more });

/** Links of both kinds, set-uid and sticky bits, owners, extended attributes, names beyond 100 bytes and not ASCII. */
const FIRST: Entry[] = [
  dir('content/'),
  dir('content/kept/'),
  { name: 'content/kept/a', content: 'a\n' },
  { name: 'content/kept/b', content: 'b\n' },
  dir('content/emptied/'),
  { name: 'content/emptied/old', content: 'old\n' },
  dir('content/emptied/deep/'),
  { name: 'content/emptied/deep/er', content: 'deeper\n' },
  { name: 'content/f1', content: 'shared\n' },
  { name: 'content/f2', type: 'link', linkname: 'content/f1' },
  { name: 'content/to-f1', type: 'symlink', linkname: 'f1' },
  { name: 'content/dangling', type: 'symlink', linkname: '/no/such/thing' },
  { name: 'content/setuid', mode: 0o4755, content: 'x\n' },
  { name: 'content/setgid', mode: 0o2755, gid: 10, content: 'x\n' },
  dir('content/sticky/', { mode: 0o1777 }),
  { name: 'content/owned', uid: 1000, gid: 1000, mode: 0o600, content: 'mine\n' },
  { name: 'content/attributes', content: 'x\n', xattrs: { 'user.colour': 'blue' } },
  { name: 'content/fifo', type: 'fifo' },
  { name: `content/${'long'.repeat(40)}`, content: 'long\n' },
  { name: 'content/größe', content: 'utf-8\n' },
  { name: 'content/file-then-directory', content: 'file\n' },
  dir('content/directory-then-file/'),
  { name: 'content/directory-then-file/x', content: 'x\n' },
];

/** A whiteout, an opaque directory, a file in place of a directory and the reverse, a new mode. */
const SECOND: Entry[] = [
  { name: 'content/kept/.wh.a' },
  dir('content/emptied/'),
  { name: 'content/emptied/.wh..wh..opq' },
  { name: 'content/emptied/new', content: 'new\n' },
  dir('content/file-then-directory/'),
  { name: 'content/file-then-directory/y', content: 'y\n' },
  { name: 'content/directory-then-file', content: 'file now\n' },
  { name: 'content/owned', uid: 1000, gid: 1000, mode: 0o644, content: 'mine\n' },
];

/** What was removed comes back, and a whole directory goes. */
const THIRD: Entry[] = [{ name: 'content/kept/a', content: 'a again\n' }, dir('content/gone/'), { name: 'content/.wh.sticky' }];

/** On top of BusyBox's layer, without a command of its own. */
export async function layersImage(cache: string): Promise<BuiltImage> {
  const [base = Buffer.alloc(0)] = (await busybox(cache)).tars;
  return image(
    [base, await layer(FIRST), await layer(SECOND), await layer(THIRD)],
    { Env: ['PATH=/bin'] },
    { created: '2025-01-03T00:00:00Z' },
  );
}

/** Debian trixie's minbase; made once by mmdebstrap (about 15 s), then kept in `cache` as tar and tar.gz. */
export async function debian(cache: string): Promise<BuiltImage> {
  const kept = join(cache, 'debian-image');
  const read = async () => [await readFile(join(kept, 'layer.tar')), await readFile(join(kept, 'layer.tar.gz'))] as const;
  const [bytes, compressed] = await read().catch(async () => {
    await makeDebian(kept);
    return read();
  });
  return image(
    [bytes],
    { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['bash'] },
    { created: '2025-01-04T00:00:00Z', compress: () => compressed },
  );
}

async function makeDebian(into: string): Promise<void> {
  await needs('mmdebstrap', 'mmdebstrap');
  const { url } = await debianMirror();
  const making = `${into}.${randomUUID()}.tmp`;
  await mkdir(making, { recursive: true });
  await exec('mmdebstrap', ['--variant=minbase', ...MMDEBSTRAP_OPTIONS, 'trixie', join(making, 'layer.tar'), url], { maxBuffer: 1 << 26 });
  await writeFile(join(making, 'layer.tar.gz'), gzipSync(await readFile(join(making, 'layer.tar')), { level: 6 }));
  await rename(making, into).catch(() => rm(making, { recursive: true, force: true }));
}
