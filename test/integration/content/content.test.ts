/** The images the project makes: the program runs, the bytes are the same each time, a real registry takes and gives them. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { printer } from '../../../scripts/content/elf.ts';
import { digest, MANIFEST_TYPE } from '../../../scripts/content/image.ts';
import { busybox, helloWorld } from '../../../scripts/content/images.ts';
import { push } from '../../../scripts/content/push.ts';
import { startRegistry } from '../../../scripts/content/registry.ts';
import { PROJECT } from '../../oracle/roots.ts';

const CACHE = join(PROJECT, '.cache');
let dir = '';

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tsmachine-content-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('the program of hello-world', () => {
  test('prints its text and exits 0', async () => {
    const text = `größe ${'x'.repeat(100_000)}\n`;
    await writeFile(join(dir, 'hello'), printer(text), { mode: 0o755 });
    const { stdout } = await promisify(execFile)(join(dir, 'hello'), { maxBuffer: 1 << 20 });
    expect(stdout).toBe(text);
  });

  test('exits 1 when it cannot write', async () => {
    await writeFile(join(dir, 'hello'), printer('x'), { mode: 0o755 });
    const full = await open('/dev/full', 'w');
    const [code] = await once(spawn(join(dir, 'hello'), { stdio: ['ignore', full.fd, 'inherit'] }), 'exit');
    await full.close();
    expect(code).toBe(1);
  });
});

test('images are the same bytes each time', async () => {
  expect((await helloWorld()).manifest).toEqual((await helloWorld()).manifest);
  expect((await busybox(CACHE)).id).toBe((await busybox(CACHE)).id);
});

test('a registry on a free port takes an image and gives it back', async () => {
  const registry = await startRegistry({ dir, cache: CACHE });
  try {
    const image = await helloWorld();
    await push(registry.url, 'library/hello-world', 'latest', image);
    const answer = await fetch(`${registry.url}/v2/library/hello-world/manifests/latest`, { headers: { Accept: MANIFEST_TYPE } });
    const manifest = Buffer.from(await answer.arrayBuffer());
    expect(answer.headers.get('docker-content-digest')).toBe(digest(image.manifest));
    for (const { digest: name } of (JSON.parse(manifest.toString()) as { layers: { digest: string }[] }).layers) {
      const blob = await fetch(`${registry.url}/v2/library/hello-world/blobs/${name}`);
      expect(digest(Buffer.from(await blob.arrayBuffer()))).toBe(name);
    }
  } finally {
    await registry.stop();
  }
});

test('the registry does not listen beyond this computer', async () => {
  const registry = await startRegistry({ dir, cache: CACHE });
  try {
    const port = registry.port.toString(16).toUpperCase().padStart(4, '0');
    const table = `${await readFile('/proc/net/tcp', 'utf8')}${await readFile('/proc/net/tcp6', 'utf8')}`;
    const listening = table.split('\n').filter((line) => line.includes(`:${port} `) && / 0A /.test(line));
    expect(listening.map((line) => line.trim().split(/\s+/)[1])).toEqual([`0100007F:${port}`]);
  } finally {
    await registry.stop();
  }
});
