import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageTemplates, readTemplates } from './contents.ts';
import type { ImageManifest } from './manifest.ts';

/** The part of an image's inputs that comes from this package, not from Debian. */
export type OwnInputs = Pick<ImageManifest['inputs'], 'engine' | 'templates'>;

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

export async function readEngine(engineDir: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const name of ['dockerd.cjs', 'koffi.node']) files.set(name, await readFile(join(engineDir, name)));
  return files;
}

export function ownInputs(engine: ReadonlyMap<string, Uint8Array>, templates: ImageTemplates): OwnInputs {
  const hash = createHash('sha256').update(JSON.stringify(templates.contents)).update(templates.keys.join());
  for (const files of [templates.root, templates.initramfs]) {
    for (const [path, data] of files) hash.update(`${path}\0${data.length}\0`).update(data);
  }
  return { engine: Object.fromEntries([...engine].map(([name, data]) => [name, sha256(data)])), templates: hash.digest('hex') };
}

/** Whether an image holds this package's engine and guest; else it wants to be built again. A few milliseconds. */
export async function isUpToDate(manifest: ImageManifest, sources: { templatesDir: string; engineDir: string }): Promise<boolean> {
  const own = ownInputs(await readEngine(sources.engineDir), await readTemplates(sources.templatesDir));
  const { engine, templates } = manifest.inputs;
  return own.templates === templates && Object.entries(own.engine).every(([name, digest]) => engine[name] === digest);
}
