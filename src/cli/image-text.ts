import type { ImageManifest } from '../image/index.ts';

/** Twelve digits, as docker shows image ids. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);

/** Bytes of all files of an image. */
export const imageSize = (manifest: ImageManifest): number => Object.values(manifest.files).reduce((sum, { size }) => sum + size, 0);

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
