import { describe, expect, it } from 'vitest';
import { type KernelModule, loadOrder, moduleIndex, moduleName } from '../../../src/image/kernel-modules.ts';

const module = (name: string, depends: string[] = [], softDepends: string[] = [], aliases: string[] = []): KernelModule => ({
  name,
  data: Buffer.from(name),
  depends,
  softDepends,
  aliases,
});
const source = (modules: KernelModule[], builtIn: string[] = []) => ({
  module: (name: string) => modules.find((one) => one.name === name),
  builtIn: new Set(builtIn),
});
const names = (modules: readonly KernelModule[]) => modules.map(({ name }) => name);

describe('moduleName', () => {
  it('gives the kernel’s own spelling', () => {
    expect(moduleName('usr/lib/modules/6.12/kernel/arch/x86/crypto/crc32c-intel.ko.xz')).toBe('crc32c_intel');
    expect(moduleName('kernel/fs/ext4/ext4.ko')).toBe('ext4');
    expect(moduleName('usr/lib/modules/6.12/modules.builtin')).toBeUndefined();
  });
});

describe('loadOrder', () => {
  const ext4 = [module('ext4', ['jbd2', 'mbcache'], ['crc32c']), module('jbd2'), module('mbcache')];

  it('puts what is needed first, soft dependencies before hard ones', () => {
    const libcrc32c = source([module('nf_tables', ['libcrc32c']), module('libcrc32c', [], ['crc32c']), module('crc32c')]);
    expect(names(loadOrder(libcrc32c, ['nf-tables']))).toEqual(['crc32c', 'libcrc32c', 'nf_tables']);
  });

  it('loads a module once', () => {
    expect(names(loadOrder(source(ext4), ['jbd2', 'ext4', 'mbcache']))).toEqual(['jbd2', 'mbcache', 'ext4']);
  });

  it('leaves out what is built in, and soft dependencies that are only an alias', () => {
    expect(names(loadOrder(source(ext4, ['mbcache', 'virtio_pci']), ['virtio_pci', 'ext4']))).toEqual(['jbd2', 'ext4']);
  });

  it('names a module that is nowhere', () => {
    expect(() => loadOrder(source([module('a', ['b'])]), ['a'])).toThrow('expected kernel module b (for a)');
  });
});

describe('moduleIndex', () => {
  it('writes what modprobe reads: all dependencies of each module, and the aliases', () => {
    const { dep, alias } = moduleIndex([module('c', ['b'], [], ['fs-c', 'pci:v*']), module('b', ['a']), module('a')]);
    expect(dep).toBe('a.ko:\nb.ko: a.ko\nc.ko: b.ko a.ko\n');
    expect(alias).toBe('alias fs-c c\nalias pci:v* c\n');
  });
});
