import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessRunner } from '../host/process-runner.ts';

/** Replaces files named `<name>.xz` in a folder by `<name>`, with one run of xz-utils' `xz`: no start per file. */
export async function unxzFiles(folder: string, names: readonly string[], runner: ProcessRunner, signal?: AbortSignal): Promise<void> {
  if (names.length === 0) return;
  await runner.run('xz', ['--decompress', '--', ...names.map((name) => `${name}.xz`)], { cwd: folder, ...(signal ? { signal } : {}) });
}

/** Decompresses many small xz files, by way of a folder in `scratchDir`. */
export async function unxz<K extends string>(
  files: ReadonlyMap<K, Uint8Array>,
  scratchDir: string,
  runner: ProcessRunner,
  signal?: AbortSignal,
): Promise<Map<K, Buffer>> {
  const folder = await mkdtemp(join(scratchDir, 'xz-'));
  try {
    const keys = [...files.keys()];
    for (const [index, key] of keys.entries()) await writeFile(join(folder, `${index}.xz`), files.get(key) ?? '');
    const names = keys.map((_, index) => String(index));
    await unxzFiles(folder, names, runner, signal);
    const result = new Map<K, Buffer>();
    for (const [index, key] of keys.entries()) result.set(key, await readFile(join(folder, String(index))));
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
