import type { ImageContents, ImageTemplates } from './contents.ts';
import { readTar, type TarEntry } from './debian/deb-file.ts';
import { FileTree } from './file-tree.ts';
import { type KernelModule, loadOrder, type ModuleSource, moduleIndex } from './kernel-modules.ts';

export interface RootParts {
  readonly templates: ImageTemplates;
  /** Package name → path of its uncompressed data.tar. */
  readonly packages: ReadonlyMap<string, string>;
  readonly modules: ModuleSource;
  /** `6.12.x+deb13-amd64` */
  readonly kernelRelease: string;
  /** Stripped Node for the guest. */
  readonly node: Uint8Array;
  /** File name → content, for /usr/lib/dockerd. */
  readonly engine: ReadonlyMap<string, Uint8Array>;
}

/** The root image's content: Debian's packages without what nothing uses here, our own files over them. */
export async function buildRootTree(parts: RootParts): Promise<FileTree> {
  const { contents } = parts.templates;
  const tree = new FileTree();
  for (const [path, mode] of Object.entries(contents.directories)) tree.directory(path, Number.parseInt(mode, 8));
  for (const [path, target] of Object.entries(contents.links)) tree.symlink(path, target);
  for (const [name, tar] of parts.packages) await addPackage(tree, name, tar, contents);
  addApplets(tree, contents.applets);
  addCertificates(tree);
  addModules(tree, parts);
  tree.file('usr/bin/node', parts.node, 0o755);
  for (const [name, data] of parts.engine) tree.file(`usr/lib/dockerd/${name}`, data);
  tree.file('usr/lib/tsmachine/template-sectors', `${contents.dataDisk.bytes / 512}\n`);
  for (const [path, data] of parts.templates.root) tree.file(path, data, scriptMode(data));
  for (const [path, mode] of Object.entries(contents.modes)) tree.file(path, tree.data(path) ?? '', Number.parseInt(mode, 8));
  tree.device('dev/console', 0o600, 5, 1);
  tree.device('dev/null', 0o666, 1, 3);
  return tree;
}

/** Scripts are told by their first line: file modes do not survive every way a package is shipped. */
export const scriptMode = (data: Uint8Array): number => (Buffer.from(data.subarray(0, 2)).toString() === '#!' ? 0o755 : 0o644);

/** Everything in one bin folder: /bin, /sbin and /usr/sbin are links to it. */
const canonical = (path: string): string => path.replace(/^(?:usr\/)?s?bin(?=\/|$)/, 'usr/bin').replace(/^(lib|lib64)(?=\/|$)/, 'usr/$1');

async function addPackage(tree: FileTree, name: string, tar: string, contents: ImageContents): Promise<void> {
  const only = contents.only[name];
  const drop = contents.drop.map((pattern) => new RegExp(pattern));
  const wanted = (path: string) => (only ? only.includes(path) : !drop.some((pattern) => pattern.test(path)));
  for await (const entry of readTar(tar, (path) => wanted(canonical(path)))) addEntry(tree, canonical(entry.path), entry, contents);
}

function addEntry(tree: FileTree, path: string, entry: TarEntry, contents: ImageContents): void {
  const { header } = entry;
  const mode = (header.mode ?? 0o644) & 0o7777;
  if (path in contents.links) return;
  if (header.type === 'file') tree.file(path, entry.data, mode);
  else if (header.type === 'symlink') {
    if (tree.get(path)?.type !== 'file') tree.symlink(path, header.linkname ?? ''); // /sbin/ip → /bin/ip: one folder here
  } else if (header.type === 'link') {
    const target = tree.get(canonical((header.linkname ?? '').replace(/^(\.?\/)+/, '')));
    if (target) tree.put(path, target);
  } else if (header.type === 'directory' && tree.get(path) === undefined) tree.directory(path, mode);
}

function addApplets(tree: FileTree, applets: readonly string[]): void {
  for (const applet of applets) {
    if (tree.get(`usr/bin/${applet}`) === undefined) tree.symlink(`usr/bin/${applet}`, 'busybox');
  }
}

/** What ca-certificates' maintainer script makes: one file with every authority. */
function addCertificates(tree: FileTree): void {
  const authorities = tree.sorted().filter(([path]) => /^usr\/share\/ca-certificates\/.*\.crt$/.test(path));
  const bundle = authorities.map(([path]) => Buffer.from(tree.data(path) ?? '').toString('utf8')).join('');
  for (const [path] of authorities) tree.delete(path);
  tree.file('etc/ssl/certs/ca-certificates.crt', bundle);
}

function addModules(tree: FileTree, { templates, modules, kernelRelease }: RootParts): void {
  const all = new Map<string, KernelModule>();
  for (const [purpose, wanted] of Object.entries(templates.contents.modules)) {
    const ordered = loadOrder(modules, wanted);
    for (const module of ordered) all.set(module.name, module);
    tree.file(`usr/lib/tsmachine/modules/${purpose}`, ordered.map((module) => `${module.name}\n`).join(''));
  }
  const folder = `usr/lib/modules/${kernelRelease}`;
  const index = moduleIndex([...all.values()]);
  tree.file(`${folder}/modules.dep`, index.dep);
  tree.file(`${folder}/modules.alias`, index.alias);
  for (const module of all.values()) tree.file(`${folder}/${module.name}.ko`, module.data);
}

/** What the kernel starts with: BusyBox, the modules for the root disk, and the script that mounts it. */
export function buildInitramfs(templates: ImageTemplates, modules: ModuleSource, busybox: Uint8Array): FileTree {
  const tree = new FileTree();
  for (const folder of ['bin', 'changes', 'dev', 'image', 'modules', 'proc', 'sys']) tree.directory(folder);
  tree.file('bin/busybox', busybox, 0o755);
  tree.device('dev/console', 0o600, 5, 1);
  const ordered = loadOrder(modules, templates.contents.modules.root);
  for (const module of ordered) tree.file(`modules/${module.name}.ko`, module.data);
  tree.file('modules/order', ordered.map((module) => `${module.name}\n`).join(''));
  for (const [path, data] of templates.initramfs) tree.file(path, data, scriptMode(data));
  return tree;
}
