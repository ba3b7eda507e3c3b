/** Boot images: build, verify, keep, import. */
export { type BuildOptions, buildImage } from './build-image.ts';
export { type BrokenImage, type CachedImage, ImageCache } from './image-cache.ts';
export { importImage, parseImageReference } from './import-image.ts';
export { isUpToDate } from './inputs.ts';
export type { ImageManifest } from './manifest.ts';
