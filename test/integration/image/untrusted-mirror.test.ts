import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { packageFiles } from '../../../src/core/package-files.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import { fetchPackages } from '../../../src/image/debian/package-cache.ts';
import { type BuildOptions, buildImage } from '../../../src/image/index.ts';
import { type LocalArchive, sha256, startArchive } from './local-archive.ts';

let archive: LocalArchive;
let scratch: string;
let options: BuildOptions;

beforeEach(async () => {
  archive = await startArchive();
  scratch = mkdtempSync(join(tmpdir(), 'tsm-mirror-'));
  const files = packageFiles();
  const templatesDir = join(scratch, 'templates');
  cpSync(files.templatesDir, templatesDir, { recursive: true });
  rmSync(join(templatesDir, 'keys'), { recursive: true });
  mkdirSync(join(templatesDir, 'keys'));
  writeFileSync(join(templatesDir, 'keys/test.asc'), archive.publicKey);
  const contents = JSON.parse(readFileSync(join(templatesDir, 'contents.json'), 'utf8'));
  writeFileSync(join(templatesDir, 'contents.json'), JSON.stringify({ ...contents, kernel: 'kernel', packages: ['hello'] }));
  options = {
    outDir: join(scratch, 'out'),
    cacheDir: join(scratch, 'cache'),
    templatesDir,
    engineDir: files.engineDir,
    nodeBinary: process.execPath,
    version: '0',
    mirror: archive.url,
    runner: processRunner(silentLogger),
    fetch,
    now: new Date(),
    onStep: () => {},
  };
});

afterEach(async () => {
  await archive.close();
  rmSync(scratch, { recursive: true, force: true });
});

const find = (ending: string): string => [...archive.files.keys()].find((path) => path.endsWith(ending)) ?? '';
const flip = (path: string, at: number): void => {
  const bytes = Buffer.from(archive.files.get(path) ?? '');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  archive.files.set(path, bytes);
};

describe('a mirror that is not to be trusted', () => {
  it('gets as far as the package’s content when nothing was changed', async () => {
    await expect(buildImage(options)).rejects.toMatchObject({ code: 'IMAGE_BAD_PACKAGE' });
  });

  it('is refused for a changed release, and leaves nothing behind', async () => {
    const path = find('trixie/InRelease');
    flip(path, (archive.files.get(path) ?? Buffer.alloc(0)).indexOf('SHA256:\n') + 10);
    await expect(buildImage(options)).rejects.toMatchObject({ code: 'IMAGE_BAD_SIGNATURE' });
    expect(readdirSync(options.outDir)).toEqual([]);
  });

  it('is refused for a release without security updates’ signature', async () => {
    const other = await startArchive();
    archive.files.set(
      '/debian-security/dists/trixie-security/InRelease',
      other.files.get('/debian-security/dists/trixie-security/InRelease') ?? Buffer.alloc(0),
    );
    await other.close();
    await expect(buildImage(options)).rejects.toMatchObject({ code: 'IMAGE_BAD_SIGNATURE' });
  });

  it('is refused for an index that is not the signed one', async () => {
    flip([...archive.files.keys()].find((path) => path.startsWith('/debian/dists') && path.includes('by-hash')) ?? '', 3);
    await expect(buildImage(options)).rejects.toMatchObject({
      code: 'IMAGE_BAD_CHECKSUM',
      message: expect.stringContaining('Packages.xz'),
    });
  });

  it('is refused for a changed package, by its name', async () => {
    flip('/debian/pool/hello.deb', 12);
    await expect(buildImage(options)).rejects.toMatchObject({
      code: 'IMAGE_BAD_CHECKSUM',
      message: expect.stringContaining('pool/hello.deb'),
    });
    expect(readdirSync(options.outDir)).toEqual([]);
    expect(
      readdirSync(join(options.cacheDir, 'packages')).some((name) =>
        name.includes(sha256(archive.files.get('/debian/pool/hello.deb') ?? Buffer.alloc(0))),
      ),
    ).toBe(false);
  });

  it('is told of by its URL when it lacks a file', async () => {
    archive.files.delete('/debian/pool/hello.deb');
    await expect(buildImage(options)).rejects.toMatchObject({
      code: 'IMAGE_DOWNLOAD_FAILED',
      message: expect.stringContaining('/debian/pool/hello.deb'),
    });
  });
});

describe('the cache of packages', () => {
  it('serves what it has, and fetches a file again that was changed in it', async () => {
    const data = archive.files.get('/debian/pool/hello.deb') ?? Buffer.alloc(0);
    const wanted = [
      { name: 'hello', version: '1', archive: 'main', path: 'pool/hello.deb', size: data.length, sha256: sha256(data) },
    ] as const;
    let got: Buffer = Buffer.alloc(0);
    const keep = async (_: string, deb: Buffer) => {
      got = deb;
    };
    const take = () => fetchPackages(wanted, { main: archive.url, security: archive.url }, options.cacheDir, { fetch }, keep);
    await take();
    await take();
    expect(archive.requests).toEqual(['/debian/pool/hello.deb']);
    writeFileSync(join(options.cacheDir, `${sha256(data)}.deb`), 'changed');
    await take();
    expect(got).toEqual(data);
    expect(archive.requests).toHaveLength(2);
  });
});

describe('a host that lacks something', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is told every Debian package to install', async () => {
    vi.stubEnv('PATH', scratch);
    await expect(buildImage(options)).rejects.toMatchObject({
      code: 'IMAGE_TOOL_MISSING',
      hint: expect.stringMatching(/^apt-get install binutils (e2fsprogs )?qemu-utils squashfs-tools xz-utils$/), // mke2fs is found in /sbin
    });
  });
});
