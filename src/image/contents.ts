import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { MachineError } from '../core/errors.ts';

const names = v.array(v.string());

/** templates/image/contents.json: what goes into the image. */
const contentsSchema = v.object({
  suite: v.string(),
  /** Meta package whose dependency is the kernel. */
  kernel: v.string(),
  packages: names,
  /** Packages not to take though something depends on them. */
  skip: names,
  /** Packages of which only these files are taken. */
  only: v.record(v.string(), names),
  /** Regular expressions over the paths not to take. */
  drop: names,
  /** BusyBox applets to link, where no package brings the program. */
  applets: names,
  /** Path → mode, octal. */
  directories: v.record(v.string(), v.string()),
  links: v.record(v.string(), v.string()),
  modes: v.record(v.string(), v.string()),
  /** Kernel modules by purpose; `root` goes into the initramfs. */
  modules: v.objectWithRest({ root: names }, names),
  cmdline: v.object({ base: v.string(), tcg: v.string() }),
  dataDisk: v.object({ label: v.string(), bytes: v.number() }),
});

export type ImageContents = v.InferOutput<typeof contentsSchema>;

/** The data that describes the image, from templates/image. */
export interface ImageTemplates {
  readonly contents: ImageContents;
  /** The archive's public keys, armored blocks. */
  readonly keys: readonly string[];
  /** Path in the image → content, for root image and initramfs. */
  readonly root: ReadonlyMap<string, Buffer>;
  readonly initramfs: ReadonlyMap<string, Buffer>;
}

export async function readTemplates(folder: string): Promise<ImageTemplates> {
  const parsed = v.safeParse(contentsSchema, JSON.parse(await readFile(join(folder, 'contents.json'), 'utf8')));
  if (!parsed.success)
    throw new MachineError('IMAGE_BAD_TEMPLATE', `contents.json: ${parsed.issues.map((issue) => issue.message).join('; ')}`);
  const keys = [...(await readFolder(join(folder, 'keys'))).values()].map((key) => key.toString('utf8'));
  return {
    contents: parsed.output,
    keys,
    root: await readFolder(join(folder, 'root')),
    initramfs: await readFolder(join(folder, 'initramfs')),
  };
}

async function readFolder(folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path.slice(folder.length + 1).replaceAll('\\', '/'), await readFile(path));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}
