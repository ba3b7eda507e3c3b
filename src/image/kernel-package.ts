import { MachineError } from '../core/errors.ts';
import type { ProcessRunner } from '../host/process-runner.ts';
import { readTar } from './debian/deb-file.ts';
import { extractKernel } from './kernel.ts';
import { type KernelModule, loadOrder, type ModuleSource, moduleName, readModule } from './kernel-modules.ts';
import { stripElf } from './strip.ts';
import { unxz } from './xz.ts';

export interface KernelParts {
  /** ELF, to be entered by PVH. */
  readonly kernel: Buffer;
  readonly release: string;
  readonly modules: ModuleSource;
}

/** Takes a Debian kernel package apart (the path of its uncompressed data.tar) and keeps the wanted modules with what they need, stripped. */
export async function readKernelPackage(
  tar: string,
  wanted: readonly string[],
  scratchDir: string,
  runner: ProcessRunner,
  signal?: AbortSignal,
): Promise<KernelParts> {
  let bzImage: { data: Buffer; release: string } | undefined;
  let builtIn = new Set<string>();
  const compressed = new Map<string, Buffer>();
  const interesting = (path: string) => path.startsWith('boot/vmlinuz-') || /\/modules\.builtin$|\.ko(\.xz)?$/.test(path);
  for await (const { path, data } of readTar(tar, interesting)) {
    const name = moduleName(path);
    if (path.startsWith('boot/vmlinuz-')) bzImage = { data, release: path.slice('boot/vmlinuz-'.length) };
    else if (name !== undefined) compressed.set(name, data);
    else
      builtIn = new Set(
        data
          .toString('utf8')
          .split('\n')
          .map((line) => moduleName(line) ?? ''),
      );
  }
  if (bzImage === undefined) throw new MachineError('IMAGE_BAD_KERNEL', 'expected boot/vmlinuz-… in the kernel package, found none');
  const loaded = new Map<string, KernelModule>();
  await loadWithDependencies(wanted, compressed, loaded, async (files) => unxz(files, scratchDir, runner, signal));
  const source: ModuleSource = { builtIn, module: (name) => loaded.get(name) };
  const needed = loadOrder(source, wanted);
  const stripped = await stripElf(new Map(needed.map((module) => [module.name, module.data])), 'module', scratchDir, runner, signal);
  for (const module of needed) loaded.set(module.name, { ...module, data: stripped.get(module.name) ?? module.data });
  return { kernel: extractKernel(bzImage.data), release: bzImage.release, modules: source };
}

/** Level by level, so that each level is one run of xz. */
async function loadWithDependencies(
  wanted: readonly string[],
  compressed: ReadonlyMap<string, Buffer>,
  loaded: Map<string, KernelModule>,
  decompress: (files: Map<string, Buffer>) => Promise<Map<string, Buffer>>,
): Promise<void> {
  let names = wanted.map((name) => name.replaceAll('-', '_'));
  while (names.length > 0) {
    const level = new Map<string, Buffer>();
    for (const name of names) {
      const data = compressed.get(name);
      if (data && !loaded.has(name)) level.set(name, data);
    }
    const next = new Set<string>();
    for (const [name, data] of await decompress(level)) {
      const module = readModule(`${name}.ko`, data);
      loaded.set(name, module);
      for (const other of [...module.depends, ...module.softDepends]) next.add(other);
    }
    names = [...next].filter((name) => !loaded.has(name));
  }
}
