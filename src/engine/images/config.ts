import { createHash } from 'node:crypto';
import type { Image, ImageRunConfig } from '../contracts.ts';
import { badRequest } from '../errors.ts';

/** One line of `docker history` (OCI image spec, config, "history"). */
export interface HistoryEntry {
  created?: string;
  created_by?: string;
  author?: string;
  comment?: string;
  empty_layer?: boolean;
}

/** The parts of an image's config blob used here; everything else is kept as it came. */
export interface ImageConfig {
  architecture: string;
  os: string;
  created?: string;
  author?: string;
  comment?: string;
  variant?: string;
  docker_version?: string;
  container?: string;
  config?: ImageRunConfig;
  history?: HistoryEntry[];
  rootfs: { type: 'layers'; diff_ids: string[] };
  [key: string]: unknown;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const isDigest = (text: string): boolean => DIGEST.test(text);

/** Reads a config blob. Throws EngineError 400 for what no engine could run. */
export function parseImageConfig(blob: Uint8Array): ImageConfig & Image['config'] {
  let config: unknown;
  try {
    config = JSON.parse(Buffer.from(blob).toString('utf8'));
  } catch (error) {
    throw badRequest(`invalid image configuration: ${(error as Error).message}`);
  }
  const rootfs = (config as ImageConfig | null)?.rootfs;
  if (typeof rootfs !== 'object' || rootfs === null) throw badRequest('invalid image JSON, no RootFS key');
  const diffIds = rootfs.diff_ids ?? [];
  if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === 'string' && isDigest(id))) {
    throw badRequest('invalid image configuration: rootfs.diff_ids must be sha256 digests');
  }
  const checked = config as ImageConfig & Image['config'];
  return { ...checked, rootfs: { type: 'layers', diff_ids: diffIds } };
}
