import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessRunner } from '../host/process-runner.ts';

const MODULE_OPTIONS = ['--strip-debug', '--enable-deterministic-archives', '-R', '.BTF', '-R', '.comment', '-R', '.note.Linux'];

/**
 * Takes symbols and debugging out of ELF files by binutils: 17 MB less of Node, half of each kernel module. `kind` module keeps
 * what the kernel links by. The same bytes come out with the same version of binutils.
 */
export async function stripElf<K extends string>(
  files: ReadonlyMap<K, Uint8Array>,
  kind: 'program' | 'module',
  scratchDir: string,
  runner: ProcessRunner,
  signal?: AbortSignal,
): Promise<Map<K, Buffer>> {
  const folder = await mkdtemp(join(scratchDir, 'strip-'));
  try {
    const paths = [...files.keys()].map((key, index) => ({ key, path: join(folder, String(index)) }));
    for (const { key, path } of paths) await writeFile(path, files.get(key) ?? '', { mode: 0o600 });
    const options = kind === 'module' ? MODULE_OPTIONS : ['--strip-all', '--enable-deterministic-archives'];
    const names = paths.map((_, index) => String(index));
    await runner.run('strip', [...options, ...names], { cwd: folder, ...(signal ? { signal } : {}) });
    const result = new Map<K, Buffer>();
    for (const { key, path } of paths) result.set(key, await readFile(path));
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
