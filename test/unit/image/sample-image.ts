import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageManifest, imageFileNames, manifestDigest, serializeManifest } from '../../../src/image/manifest.ts';

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** Writes a small image whose files hold `content`, with a manifest that fits. */
export async function writeSampleImage(dir: string, content = 'sample'): Promise<ImageManifest> {
  await mkdir(dir, { recursive: true });
  const files = imageFileNames.map((name) => [name, Buffer.from(`${name} of ${content}\n`.repeat(50))] as const);
  for (const [name, data] of files) await writeFile(join(dir, name), data);
  const described = Object.fromEntries(files.map(([name, data]) => [name, { sha256: sha256(data), size: data.length }]));
  const manifest = {
    formatVersion: 1 as const,
    version: '0.1.0',
    architecture: 'amd64' as const,
    inputs: { releases: [], packages: [], node: sha256(Buffer.from(content)), engine: {}, templates: sha256(Buffer.from('t')), tools: {} },
    cmdline: { base: 'quiet', tcg: '' },
    files: described as ImageManifest['files'],
  };
  const complete = { ...manifest, digest: manifestDigest(manifest) };
  await writeFile(join(dir, 'manifest.json'), serializeManifest(complete));
  return complete;
}
