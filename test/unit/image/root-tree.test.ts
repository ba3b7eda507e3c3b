import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Header, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImageTemplates, readTemplates } from '../../../src/image/contents.ts';
import { buildRootTree, scriptMode } from '../../../src/image/root-tree.ts';

let templates: ImageTemplates;
let folder: string;
let files = 0;
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsm-tree-'));
  templates = await readTemplates(resolve(import.meta.dirname, '../../../templates/image'));
});

async function tar(entries: (Partial<Header> & { name: string; data?: string })[]): Promise<string> {
  const made = pack();
  for (const { data = '', ...header } of entries) made.entry(header as Header, data);
  made.finalize();
  files += 1;
  const path = join(folder, `${files}.tar`);
  await writeFile(path, await buffer(made));
  return path;
}

async function tree(packages: Record<string, string>, change: Partial<ImageTemplates['contents']> = {}) {
  const contents = { ...templates.contents, modules: { root: [] }, ...change };
  return buildRootTree({
    templates: { ...templates, contents },
    packages: new Map(Object.entries(packages)),
    modules: { module: () => undefined, builtIn: new Set() },
    kernelRelease: '6.12',
    node: Buffer.from('node'),
    engine: new Map([['dockerd.cjs', Buffer.from('engine')]]),
  });
}

describe('buildRootTree', () => {
  it('puts all programs into one folder, and a link between two of them never hides the program', async () => {
    const iproute = await tar([
      { name: './usr/sbin/', type: 'directory' },
      { name: './bin/ip', data: 'program', mode: 0o755 },
      { name: './sbin/ip', type: 'symlink', linkname: '/bin/ip' },
      { name: './usr/sbin/bridge', data: 'bridge', mode: 0o755 },
    ]);
    const made = await tree({ iproute });
    expect(made.get('usr/bin/ip')).toEqual({ type: 'file', mode: 0o755, data: Buffer.from('program') });
    expect(made.get('usr/bin/bridge')?.type).toBe('file');
    expect(made.get('usr/sbin')).toEqual({ type: 'symlink', target: 'bin' });
    expect(made.get('bin')).toEqual({ type: 'symlink', target: 'usr/bin' });
  });

  it('keeps setuid bits and hard links, drops documentation, takes single files where only those are wanted', async () => {
    const some = await tar([
      { name: './usr/bin/sudo', data: 'sudo', mode: 0o4755 },
      { name: './usr/bin/sudoedit', type: 'link', linkname: './usr/bin/sudo' },
      { name: './usr/share/doc/sudo/copyright', data: 'text' },
    ]);
    const pam = await tar([
      { name: './usr/lib/a.so', data: 'a' },
      { name: './usr/lib/b.so', data: 'b' },
    ]);
    const made = await tree({ some, pam }, { only: { pam: ['usr/lib/b.so'] } });
    expect(made.get('usr/bin/sudo')).toMatchObject({ mode: 0o4755 });
    expect(made.data('usr/bin/sudoedit')).toEqual(Buffer.from('sudo'));
    expect(made.get('usr/share/doc/sudo/copyright')).toBeUndefined();
    expect([made.get('usr/lib/a.so'), made.data('usr/lib/b.so')]).toEqual([undefined, Buffer.from('b')]);
  });

  it('links BusyBox only where no package brings the program', async () => {
    const made = await tree({ tar: await tar([{ name: './usr/bin/tar', data: 'GNU', mode: 0o755 }]) }, { applets: ['tar', 'ls'] });
    expect(made.data('usr/bin/tar')).toEqual(Buffer.from('GNU'));
    expect(made.get('usr/bin/ls')).toEqual({ type: 'symlink', target: 'busybox' });
  });

  it('joins the authorities’ certificates in the order of their names', async () => {
    const folder = './usr/share/ca-certificates/mozilla';
    const made = await tree({
      ca: await tar([
        { name: `${folder}/B.crt`, data: 'B\n' },
        { name: `${folder}/A.crt`, data: 'A\n' },
      ]),
    });
    expect(Buffer.from(made.data('etc/ssl/certs/ca-certificates.crt') ?? '').toString()).toBe('A\nB\n');
  });

  it('makes our scripts programs and keeps secrets closed, whatever modes the package was shipped with', async () => {
    const made = await tree({});
    expect(made.get('usr/lib/tsmachine/boot')).toMatchObject({ mode: 0o755 });
    expect(made.get('etc/shadow')).toMatchObject({ mode: 0o600 });
    expect(made.get('etc/sudoers')).toMatchObject({ mode: 0o440 });
    expect(made.data('usr/lib/dockerd/dockerd.cjs')).toEqual(Buffer.from('engine'));
  });
});

describe('the templates', () => {
  it('name the shell that is there, in every script', () => {
    for (const [path, data] of templates.root) {
      if (scriptMode(data) === 0o755) expect(data.toString('utf8').split('\n')[0], path).toBe('#!/usr/bin/busybox sh');
    }
    expect(templates.initramfs.get('init')?.toString('utf8').split('\n')[0]).toBe('#!/bin/busybox sh');
  });

  it('give no account a password', () => {
    const shadow = templates.root.get('etc/shadow')?.toString('utf8').trim().split('\n') ?? [];
    expect(shadow.length).toBeGreaterThan(2);
    for (const line of shadow) expect(line.split(':')[1], line).toBe('*');
  });

  it('wait for no list of packages twice', () => {
    const { packages, applets } = templates.contents;
    for (const list of [packages, applets, ...Object.values(templates.contents.modules)]) expect(new Set(list).size).toBe(list.length);
  });
});
