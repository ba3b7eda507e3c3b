/** The images the project makes itself, so that nothing but the package registries is needed. */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unpackPackage } from './debian.ts';
import { printer } from './elf.ts';
import { type BuiltImage, type Entry, image, layer } from './image.ts';

const exec = promisify(execFile);
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** One small static program with a text of ours. */
export async function helloWorld(): Promise<BuiltImage> {
  const text = await readFile(new URL('../../templates/hello-world/message.txt', import.meta.url), 'utf8');
  const program = { name: 'hello', mode: 0o755, content: printer(text) };
  return image([await layer([program])], { Env: [PATH], Cmd: ['/hello'] });
}

/** Debian's static BusyBox with a link for each applet; `cache` keeps the unpacked package. */
export async function busybox(cache: string): Promise<BuiltImage> {
  const program = join(await unpackPackage('busybox-static', join(cache, 'busybox-static')), 'bin/busybox');
  const { stdout } = await exec(program, ['--list']);
  const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  const entries: Entry[] = [
    ...['bin/', 'etc/', 'root/', 'var/', 'usr/', 'usr/bin/'].map((name): Entry => ({ name, type: 'directory' })),
    { name: 'tmp/', type: 'directory', mode: 0o1777 },
    { name: 'bin/busybox', mode: 0o755, content: await readFile(program) },
    ...applets.map((name): Entry => ({ name: `bin/${name}`, type: 'link', linkname: 'bin/busybox', mode: 0o755 })),
    {
      name: 'etc/passwd',
      content: 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nuser:x:1000:1000::/home:/bin/sh\n',
    },
    { name: 'etc/group', content: 'root:x:0:\ndaemon:x:1:\nextra:x:10:user\nuser:x:1000:\n' },
  ];
  return image([await layer(entries)], { Env: [PATH], Cmd: ['sh'] }, { created: '2025-01-02T00:00:00Z' });
}
