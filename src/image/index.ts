/** Boot images: build, verify, keep, import. */
export { type BuildOptions, buildImage } from './build-image.ts';
export { type BrokenImage, type CachedImage, ImageCache } from './image-cache.ts';
export { type ImageReference, importImage, parseImageReference } from './import-image.ts';
export { isUpToDate } from './inputs.ts';
export { type ImageManifest, imageFileNames, readManifest } from './manifest.ts';
export { guestNode, type PackageFiles, packageFiles } from './package-files.ts';
export { verifyImage } from './verify-image.ts';
