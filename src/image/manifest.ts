import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { MachineError, systemCode } from '../core/errors.ts';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const text = v.string();

export const MANIFEST_NAME = 'manifest.json';
export const imageFileNames = ['vmlinux', 'initramfs.cpio', 'root.squashfs', 'data.qcow2'] as const;
export type ImageFileName = (typeof imageFileNames)[number];

const fileSchema = v.object({ sha256, size: v.number() });

const manifestSchema = v.object({
  formatVersion: v.literal(1),
  /** The version of tsmachine that built it. */
  version: text,
  architecture: v.literal('amd64'),
  /** All that the bytes of the image follow from. */
  inputs: v.object({
    /** The signed indices the packages were chosen from. */
    releases: v.array(v.object({ archive: text, suite: text, date: text })),
    packages: v.array(
      v.object({ name: text, version: text, archive: v.picklist(['main', 'security']), path: text, size: v.number(), sha256 }),
    ),
    /** SHA-256 of the Node binary before stripping, of the engine's files and of the templates. */
    node: sha256,
    engine: v.record(text, sha256),
    templates: sha256,
    /** What squashfs-tools, binutils and e2fsprogs call their versions: another version may write other bytes. */
    tools: v.record(text, text),
  }),
  cmdline: v.object({ base: text, tcg: text }),
  files: v.object({ vmlinux: fileSchema, 'initramfs.cpio': fileSchema, 'root.squashfs': fileSchema, 'data.qcow2': fileSchema }),
  /** `sha256:…` over all the rest: the image's name. */
  digest: v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/)),
});

export type ImageManifest = v.InferOutput<typeof manifestSchema>;

/** The digest over everything but itself, as JSON with the keys in the order of the schema. */
export function manifestDigest(manifest: Omit<ImageManifest, 'digest'>): string {
  const { digest: _, ...rest } = v.parse(manifestSchema, { ...manifest, digest: `sha256:${'0'.repeat(64)}` });
  return `sha256:${createHash('sha256').update(JSON.stringify(rest)).digest('hex')}`;
}

export function serializeManifest(manifest: ImageManifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** Throws `IMAGE_NOT_FOUND`, or `IMAGE_BAD_MANIFEST` when it cannot be read or is not what its digest says. */
export async function readManifest(dir: string): Promise<ImageManifest> {
  const path = join(dir, MANIFEST_NAME);
  let json: string;
  try {
    json = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT')
      throw new MachineError('IMAGE_NOT_FOUND', `expected a boot image in ${dir}, found no ${MANIFEST_NAME}`);
    throw error;
  }
  return parseManifest(json, path);
}

export function parseManifest(json: string, path: string): ImageManifest {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (cause) {
    throw new MachineError('IMAGE_BAD_MANIFEST', `expected JSON in ${path}, found something else`, { cause });
  }
  const parsed = v.safeParse(manifestSchema, data);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new MachineError('IMAGE_BAD_MANIFEST', `${path}: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`);
  }
  const digest = manifestDigest(parsed.output);
  if (digest !== parsed.output.digest)
    throw new MachineError('IMAGE_CHANGED', `${path} was changed: expected digest ${parsed.output.digest}, found ${digest}`);
  return parsed.output;
}
