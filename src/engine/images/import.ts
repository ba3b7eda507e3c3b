import type { ImageRunConfig } from '../contracts.ts';
import { badRequest } from '../errors.ts';
import type { Platform } from '../registry/manifest.ts';
import { applyChange } from './changes.ts';
import type { ImageConfig } from './config.ts';
import type { Reference } from './reference.ts';
import type { Images, StoredImage } from './store.ts';

export interface ImportRequest {
  body: AsyncIterable<Buffer>;
  reference: Reference | undefined;
  platform: Platform;
  message: string;
  /** Dockerfile instructions. */
  changes: readonly string[];
  /** Creation time of the image. */
  now: Date;
}

/** `docker import`: one archive of a file system becomes an image of one layer. */
export async function importImage(images: Images, request: ImportRequest): Promise<StoredImage> {
  if (request.platform.os !== 'linux') throw badRequest(`operating system is not supported: ${request.platform.os}`);
  const config: ImageRunConfig = {};
  for (const change of request.changes) applyChange(config, change);
  const staged = await images.layers.stage(request.body);
  const created = request.now.toISOString();
  const blob: ImageConfig = {
    architecture: request.platform.architecture,
    os: request.platform.os,
    created,
    comment: request.message,
    config,
    rootfs: { type: 'layers', diff_ids: [staged.diffId] },
    history: [{ created, comment: request.message }],
  };
  const chain = [staged.diffId];
  images.hold(chain);
  try {
    await images.layers.register(staged, undefined);
    const image = await images.add(Buffer.from(JSON.stringify(blob)));
    if (request.reference) await images.tag(request.reference, image);
    return image;
  } finally {
    await images.release(chain);
  }
}
