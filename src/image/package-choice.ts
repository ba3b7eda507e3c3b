import { MachineError } from '../core/errors.ts';
import type { ProcessRunner } from '../host/process-runner.ts';
import type { ImageTemplates } from './contents.ts';
import { fetchIndex, type Mirrors } from './debian/archive.ts';
import { dependencyClosure } from './debian/dependency-closure.ts';
import type { PinnedPackage } from './debian/package-cache.ts';
import { type DebianPackage, parsePackages } from './debian/package-index.ts';
import type { ImageManifest } from './manifest.ts';
import { unxz } from './xz.ts';

export interface ChosenPackages {
  readonly releases: ImageManifest['inputs']['releases'];
  /** Sorted by name, the kernel's among them. */
  readonly packages: PinnedPackage[];
  /** Name of the kernel's package. */
  readonly kernel: string;
}

interface ChoiceOptions {
  readonly from?: ImageManifest | undefined;
  readonly runner: ProcessRunner;
  readonly fetch: typeof fetch;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

const KERNEL = /^linux-image-\d/;

/** The newest packages of the suite and its security updates, or exactly those of an earlier manifest. */
export async function choosePackages(
  templates: ImageTemplates,
  mirrors: Mirrors,
  scratchDir: string,
  options: ChoiceOptions,
): Promise<ChosenPackages> {
  if (options.from) {
    const { releases, packages } = options.from.inputs;
    return { releases, packages, kernel: kernelName(packages) };
  }
  const { suite } = templates.contents;
  const sources = [
    { archive: 'main', suite },
    { archive: 'security', suite: `${suite}-security` },
  ] as const;
  const indices = await Promise.all(
    sources.map(async (source) => ({
      ...source,
      ...(await fetchIndex(mirrors[source.archive], source.suite, templates.keys, options.now, options)),
    })),
  );
  const texts = await unxz(
    new Map(indices.map(({ archive, packagesXz }) => [archive, packagesXz])),
    scratchDir,
    options.runner,
    options.signal,
  );
  const index = new Map<string, DebianPackage>();
  for (const [archive, text] of texts) parsePackages(text.toString('utf8'), archive, index);
  const kernel = kernelName(dependenciesOf(index, templates.contents.kernel));
  const kernelPackage = index.get(kernel);
  if (kernelPackage === undefined) throw new MachineError('IMAGE_NO_PACKAGE', `expected package ${kernel} in the archive, found none`);
  const closure = dependencyClosure(index, templates.contents.packages, new Set(templates.contents.skip));
  const packages = [...closure, kernelPackage].map(({ name, version, archive, path, size, sha256 }) => ({
    name,
    version,
    archive,
    path,
    size,
    sha256,
  }));
  return {
    kernel,
    packages: packages.sort((a, b) => (a.name < b.name ? -1 : 1)),
    releases: indices.map(({ archive, release, ...source }) => ({ archive, suite: source.suite, date: release.date })),
  };
}

function dependenciesOf(index: ReadonlyMap<string, DebianPackage>, name: string): { name: string }[] {
  return (index.get(name)?.depends ?? []).flat().map((dependency) => ({ name: dependency }));
}

function kernelName(packages: readonly { name: string }[]): string {
  const found = packages.find(({ name }) => KERNEL.test(name));
  if (found === undefined) throw new MachineError('IMAGE_NO_PACKAGE', 'expected a kernel package, found none');
  return found.name;
}
