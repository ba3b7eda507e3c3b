import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { systemCode } from '../../core/errors.ts';
import { type ArchiveAccess, download, type Mirrors } from './archive.ts';
import type { DebianPackage } from './package-index.ts';
import { checkFile } from './release-index.ts';

const PARALLEL_DOWNLOADS = 6;

export type PinnedPackage = Pick<DebianPackage, 'name' | 'version' | 'archive' | 'path' | 'size' | 'sha256'>;

/**
 * Downloads packages into a cache named by SHA-256 (old versions leave the mirrors, the cache keeps a build repeatable).
 * Every package is checked, also one from the cache; a broken file in the cache is fetched anew. Each is given to `take` and
 * forgotten, so that only a few are in memory at once.
 */
export async function fetchPackages(
  packages: readonly PinnedPackage[],
  mirrors: Mirrors,
  cacheDir: string,
  access: ArchiveAccess,
  take: (name: string, deb: Buffer) => Promise<void>,
): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const queue = [...packages];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      await take(next.name, await fetchPackage(next, `${mirrors[next.archive]}/${next.path}`, cacheDir, access));
  };
  await Promise.all(Array.from({ length: PARALLEL_DOWNLOADS }, worker));
}

async function fetchPackage(wanted: PinnedPackage, url: string, cacheDir: string, access: ArchiveAccess): Promise<Buffer> {
  const path = join(cacheDir, `${wanted.sha256}.deb`);
  try {
    const cached = await readFile(path);
    checkFile(wanted.path, cached, wanted);
    return cached;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') await rm(path, { force: true });
  }
  const data = await download(url, access);
  checkFile(wanted.path, data, wanted);
  await writeFileAtomic(path, data, 0o644);
  return data;
}
