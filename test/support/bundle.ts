import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '../..');

/** Bundles a program of the tests into one file that Node runs by itself, in a process that a test may kill. */
export async function bundleProgram(source: string, target: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [source],
    outfile: target,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22.15',
    logLevel: 'error',
    alias: { 'tsmachine/driver/cloud': join(ROOT, 'src/driver/cloud/index.ts'), 'tsmachine/driver': join(ROOT, 'src/driver/index.ts') },
    external: ['*.node', 'cpu-features'],
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  });
}
