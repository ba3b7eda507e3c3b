import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { MachineError } from '../core/errors.ts';
import type { ProcessRunner } from '../host/process-runner.ts';
import { type ImageTemplates, readTemplates } from './contents.ts';
import { writeCpio } from './cpio.ts';
import { writeDataDisk } from './data-disk.ts';
import { findMirrors, type Mirrors } from './debian/archive.ts';
import { dataTarXz } from './debian/deb-file.ts';
import { fetchPackages } from './debian/package-cache.ts';
import { hashFile } from './hash-file.ts';
import { ownInputs, readEngine } from './inputs.ts';
import { readKernelPackage } from './kernel-package.ts';
import { type ImageManifest, imageFileNames, MANIFEST_NAME, manifestDigest, serializeManifest } from './manifest.ts';
import { type ChosenPackages, choosePackages } from './package-choice.ts';
import { writeRootImage } from './root-image.ts';
import { buildInitramfs, buildRootTree } from './root-tree.ts';
import { stripElf } from './strip.ts';
import { checkTools } from './tools.ts';
import { unxzFiles } from './xz.ts';

export interface BuildOptions {
  /** Empty or not there yet; the image's files go here, the manifest last. */
  readonly outDir: string;
  /** Keeps downloaded packages between builds. */
  readonly cacheDir: string;
  /** templates/image of this package. */
  readonly templatesDir: string;
  /** Linux x64 Node for the guest. */
  readonly nodeBinary: string;
  /** Holds dockerd.cjs and koffi.node. */
  readonly engineDir: string;
  /** This package's version. */
  readonly version: string;
  /** Base URL of a Debian mirror; default: from apt's configuration. */
  readonly mirror?: string | undefined;
  /** Build from the packages this manifest names, not from the newest. */
  readonly from?: ImageManifest | undefined;
  readonly runner: ProcessRunner;
  readonly fetch: typeof fetch;
  /** Now, for the validity of the archive's indices. */
  readonly now: Date;
  /** Told what is done next. */
  readonly onStep: (step: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds a boot image as an ordinary user. The same inputs give the same bytes, whoever builds, when and where.
 * Throws `IMAGE_TOOL_MISSING` (naming the Debian package), `IMAGE_NO_MIRROR`, `IMAGE_DOWNLOAD_FAILED`, `IMAGE_BAD_SIGNATURE`,
 * `IMAGE_BAD_CHECKSUM` and what the signal is aborted with. Nothing is left in `outDir` then.
 */
export async function buildImage(options: BuildOptions): Promise<ImageManifest> {
  const { outDir, runner, onStep } = options;
  const tools = await checkTools(runner);
  const templates = await readTemplates(options.templatesDir);
  const mirrors = await findMirrors(options.mirror, runner);
  await mkdir(outDir, { recursive: true });
  if ((await readdir(outDir)).length > 0) throw new MachineError('IMAGE_DIR_NOT_EMPTY', `expected ${outDir} to be empty`);
  const scratchDir = await mkdtemp(join(outDir, '.build-'));
  try {
    onStep('Reading the package index');
    const chosen = await choosePackages(templates, mirrors, scratchDir, options);
    const inputs = await writeFiles(options, templates, mirrors, chosen, scratchDir);
    const manifest = await describe(options, templates, chosen, { ...inputs, tools });
    await writeFileAtomic(join(outDir, MANIFEST_NAME), serializeManifest(manifest), 0o644);
    return manifest;
  } catch (error) {
    await Promise.all([MANIFEST_NAME, ...imageFileNames].map((name) => rm(join(outDir, name), { force: true })));
    throw error;
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}

type Inputs = Pick<ImageManifest['inputs'], 'node' | 'engine' | 'templates' | 'tools'>;

async function writeFiles(
  options: BuildOptions,
  templates: ImageTemplates,
  mirrors: Mirrors,
  chosen: ChosenPackages,
  scratchDir: string,
): Promise<Omit<Inputs, 'tools'>> {
  const { outDir, runner, signal, onStep } = options;
  onStep(`Fetching ${chosen.packages.length} packages`);
  const take = (name: string, deb: Buffer) => writeFile(join(scratchDir, `${name}.tar.xz`), dataTarXz(deb, name));
  await fetchPackages(chosen.packages, mirrors, join(options.cacheDir, 'packages'), options, take);
  onStep('Unpacking');
  const names = chosen.packages.map(({ name }) => name);
  await unxzFiles(
    scratchDir,
    names.map((name) => `${name}.tar`),
    runner,
    signal,
  );
  const tarOf = (name: string) => join(scratchDir, `${name}.tar`);
  const wanted = Object.values(templates.contents.modules).flat();
  const kernel = await readKernelPackage(tarOf(chosen.kernel), wanted, scratchDir, runner, signal);
  const node = await readFile(options.nodeBinary);
  const stripped = await stripElf(new Map([['node', node]]), 'program', scratchDir, runner, signal);
  const engine = await readEngine(options.engineDir);
  const packages = new Map(names.filter((name) => name !== chosen.kernel).map((name) => [name, tarOf(name)]));
  const parts = { templates, packages, modules: kernel.modules, kernelRelease: kernel.release, node: stripped.get('node') ?? node, engine };
  const tree = await buildRootTree(parts);
  onStep('Writing the root image');
  await writeFile(join(outDir, 'vmlinux'), kernel.kernel, { mode: 0o644 });
  const busybox = tree.data('usr/bin/busybox') ?? Buffer.alloc(0);
  await writeFile(join(outDir, 'initramfs.cpio'), writeCpio(buildInitramfs(templates, kernel.modules, busybox)), { mode: 0o644 });
  const { label, bytes } = templates.contents.dataDisk;
  await writeDataDisk(join(outDir, 'data.qcow2'), { label, bytes, scratchDir, runner, signal });
  await writeRootImage(tree, join(outDir, 'root.squashfs'), { scratchDir, runner, signal });
  return { node: createHash('sha256').update(node).digest('hex'), ...ownInputs(engine, templates) };
}

async function describe(options: BuildOptions, templates: ImageTemplates, chosen: ChosenPackages, inputs: Inputs): Promise<ImageManifest> {
  const described = await Promise.all(
    imageFileNames.map(async (name) => {
      const path = join(options.outDir, name);
      return [name, { sha256: await hashFile(path, options.signal), size: (await stat(path)).size }] as const;
    }),
  );
  const manifest = {
    formatVersion: 1 as const,
    version: options.version,
    architecture: 'amd64' as const,
    inputs: { releases: chosen.releases, packages: chosen.packages, ...inputs },
    cmdline: templates.contents.cmdline,
    files: Object.fromEntries(described) as ImageManifest['files'],
  };
  return { ...manifest, digest: manifestDigest(manifest) };
}
