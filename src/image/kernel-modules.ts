import { MachineError } from '../core/errors.ts';
import { elfSection } from './elf.ts';

/** An uncompressed kernel module. */
export interface KernelModule {
  /** With underscores, as the kernel says it. */
  readonly name: string;
  readonly data: Buffer;
  /** Names of what must be loaded before it. */
  readonly depends: readonly string[];
  /** `softdep` modules to load before it when they exist (libcrc32c fails without crc32c and names it only here). */
  readonly softDepends: readonly string[];
  readonly aliases: readonly string[];
}

const underscores = (name: string): string => name.replaceAll('-', '_');

/** `…/crc32c-intel.ko.xz` → `crc32c_intel`; undefined when the path is no module. */
export function moduleName(path: string): string | undefined {
  const match = /([^/]+)\.ko(?:\.xz)?$/.exec(path);
  return match?.[1] === undefined ? undefined : underscores(match[1]);
}

export function readModule(path: string, data: Buffer): KernelModule {
  const name = moduleName(path) ?? path;
  const info = (elfSection(data, '.modinfo') ?? Buffer.alloc(0)).toString('utf8').split('\0');
  const values = (key: string) => info.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
  const depends = values('depends').flatMap((list) => list.split(',').filter(Boolean));
  const softDepends = values('softdep').flatMap(
    (text) => /\bpre:\s*(.*?)(?=\bpost:|$)/.exec(text)?.[1]?.split(/\s+/).filter(Boolean) ?? [],
  );
  return { name, data, depends: depends.map(underscores), softDepends: softDepends.map(underscores), aliases: values('alias') };
}

export interface ModuleSource {
  /** Undefined: there is no such module (it may be built in). */
  module(name: string): KernelModule | undefined;
  /** The names of what the kernel has built in. */
  readonly builtIn: ReadonlySet<string>;
}

/**
 * The wanted modules and all they need, in an order in which insmod can load them. What is built in is left out; a soft
 * dependency may be an alias (`crypto-crc32c`) and is skipped when no module has it as its name. Throws `IMAGE_NO_MODULE`.
 */
export function loadOrder(source: ModuleSource, wanted: readonly string[]): KernelModule[] {
  const ordered = new Map<string, KernelModule>();
  const add = (name: string, neededBy: string, optional: boolean): void => {
    if (ordered.has(name) || source.builtIn.has(name)) return;
    const module = source.module(name);
    if (module === undefined) {
      if (optional) return;
      throw new MachineError('IMAGE_NO_MODULE', `expected kernel module ${name} (for ${neededBy}) in the kernel package, found none`);
    }
    for (const soft of module.softDepends) add(soft, name, true);
    for (const dependency of module.depends) add(dependency, name, false);
    ordered.set(name, module);
  };
  for (const name of wanted) add(underscores(name), 'the image', false);
  return [...ordered.values()];
}

/**
 * modules.dep and modules.alias as depmod writes them (modules.dep(5)), so that the kernel's own requests (`modprobe -q`) find
 * what the image has. All modules lie flat in one folder.
 */
export function moduleIndex(modules: readonly KernelModule[]): { dep: string; alias: string } {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const chain = (module: KernelModule): string[] => {
    const found = new Set<string>();
    const visit = (name: string): void => {
      const next = byName.get(name);
      if (next === undefined || found.has(name)) return;
      found.add(name);
      for (const dependency of [...next.depends, ...next.softDepends]) visit(dependency);
    };
    for (const dependency of [...module.depends, ...module.softDepends]) visit(dependency);
    found.delete(module.name);
    return [...found].map((name) => `${name}.ko`);
  };
  const sorted = [...modules].sort((a, b) => (a.name < b.name ? -1 : 1));
  const dep = sorted.map((module) => `${[`${module.name}.ko:`, ...chain(module)].join(' ')}\n`).join('');
  const alias = sorted.flatMap((module) => module.aliases.map((name) => `alias ${name} ${module.name}\n`)).join('');
  return { dep, alias };
}
