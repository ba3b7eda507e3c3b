/** Import rules, cycles, confinement of libraries and hard size limits of DESIGN.md, read from the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

interface SourceFile {
  path: string;
  room: string;
  lines: number;
  /** Repository paths for our own files, bare names for packages. */
  imports: string[];
  /** Of those, the ones needed at run time. */
  valueImports: string[];
  functions: { name: string; lines: number }[];
  anyTypes: number;
}

function sourcesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts|cts)$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

function roomOf(path: string): string {
  const parts = path.split('/');
  return parts[0] === 'drivers' ? `drivers/${parts[1]}` : (parts[1] ?? '');
}

function read(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const parsed = parseSync(path, text);
  expect(parsed.errors, path).toEqual([]);
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  const imports: string[] = [];
  const valueImports: string[] = [];
  const functions: SourceFile['functions'] = [];
  let anyTypes = 0;
  const name = (specifier: string) => (specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(path), specifier)) : specifier);
  const note = (specifier: string, isType: boolean) => {
    imports.push(name(specifier));
    if (!isType) valueImports.push(name(specifier));
  };
  const measure = (node: { start: number; end: number; id?: { name?: string } | null; body?: { type: string } | null }) => {
    if (node.body?.type !== 'BlockStatement' && node.body?.type !== 'FunctionBody') return;
    functions.push({ name: `${path}:${lineOf(node.start)} ${node.id?.name ?? ''}`, lines: lineOf(node.end) - lineOf(node.start) + 1 });
  };
  new Visitor({
    ImportDeclaration: (node) => note(node.source.value, node.importKind === 'type'),
    ExportAllDeclaration: (node) => note(node.source.value, node.exportKind === 'type'),
    ExportNamedDeclaration: (node) => node.source && note(node.source.value, node.exportKind === 'type'),
    ImportExpression: (node) =>
      node.source.type === 'Literal' && typeof node.source.value === 'string' && imports.push(name(node.source.value)),
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
    TSAnyKeyword: () => {
      anyTypes += 1;
    },
  }).visit(parsed.program);
  return { path, room: roomOf(path), lines: text.split('\n').length - 1, imports, valueImports, functions, anyTypes };
}

const sources = [...sourcesUnder('src'), ...sourcesUnder('drivers')].map(read);

/** room → rooms it may import besides itself (DESIGN.md, "Layout and who may import whom"). */
const LEAF = ['host', 'core'];
const MACHINE_PARTS = ['store', 'certs', 'ssh', 'shells', 'driver', 'image', 'supervisor', 'plugins', 'provision', 'forward', ...LEAF];
const MAY_IMPORT: Record<string, string[]> = {
  core: [],
  host: ['core'],
  store: LEAF,
  certs: LEAF,
  ssh: LEAF,
  shells: LEAF,
  driver: LEAF,
  image: LEAF,
  forward: LEAF,
  supervisor: ['forward', ...LEAF],
  plugins: ['driver', ...LEAF],
  provision: ['certs', 'ssh', 'driver', ...LEAF],
  machine: MACHINE_PARTS,
  cli: ['machine', 'image', 'shells', 'store', 'plugins', 'driver', 'ssh', ...LEAF],
  bin: ['cli'],
  engine: ['core'],
  guest: ['core'],
};

/** package → the only place that may import it. */
const CONFINED: Record<string, (path: string) => boolean> = {
  ssh2: (path) => path.startsWith('src/ssh/'),
  'node-forge': (path) => path.startsWith('src/certs/'),
  execa: (path) => path.startsWith('src/host/'),
  '@oclif/core': (path) => path.startsWith('src/cli/'),
  chalk: (path) => path.startsWith('src/cli/render'),
  listr2: (path) => path.startsWith('src/cli/'),
  koffi: (path) => path.startsWith('src/engine/'),
  aws4fetch: (path) => path.startsWith('drivers/amazonec2/'),
  'tar-stream': (path) => path.startsWith('src/engine/') || path.startsWith('src/image/'),
};

const isOurs = (specifier: string) => specifier.startsWith('src/') || specifier.startsWith('drivers/');
const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

describe('architecture', () => {
  it('has sources to check', () => expect(sources.length).toBeGreaterThan(10));

  it('keeps the import rules between rooms', () => {
    const broken = sources.flatMap((file) =>
      file.imports
        .filter(isOurs)
        .filter((target) => roomOf(target) !== file.room)
        .filter((target) => !(MAY_IMPORT[file.room] ?? []).includes(roomOf(target)))
        .filter((target) => !(file.path.startsWith('src/') && target.endsWith('.json')))
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('lets drivers import nothing of ours but the contract', () => {
    const broken = sources
      .filter((file) => file.path.startsWith('drivers/'))
      .flatMap((file) =>
        file.imports.filter((target) => isOurs(target) && roomOf(target) !== file.room).map((target) => `${file.path} imports ${target}`),
      );
    expect(broken).toEqual([]);
  });

  it('keeps each confined library in its room', () => {
    const broken = sources.flatMap((file) =>
      file.imports.filter((target) => CONFINED[packageOf(target)]?.(file.path) === false).map((target) => `${file.path} imports ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('lets core import Node alone', () => {
    const broken = sources
      .filter((file) => file.room === 'core')
      .flatMap((file) =>
        file.imports.filter((target) => !isOurs(target) && !target.startsWith('node:')).map((target) => `${file.path} imports ${target}`),
      );
    expect(broken).toEqual([]);
  });

  it('has no import cycles', () => {
    const byPath = new Map(sources.map((file) => [file.path, file]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const walk = (path: string, trail: string[]): void => {
      if (trail.includes(path)) {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
        return;
      }
      if (done.has(path)) return;
      for (const target of byPath.get(path)?.valueImports ?? []) if (byPath.has(target)) walk(target, [...trail, path]);
      done.add(path);
    };
    for (const file of sources) walk(file.path, []);
    expect(cycles).toEqual([]);
  });

  it('keeps the hard limits: 400 lines a file, 80 a function, no any', () => {
    expect(sources.filter((file) => file.lines > 400).map((file) => `${file.path}: ${file.lines}`)).toEqual([]);
    expect(
      sources
        .flatMap((file) => file.functions)
        .filter((fn) => fn.lines > 80)
        .map((fn) => `${fn.name}: ${fn.lines}`),
    ).toEqual([]);
    expect(sources.filter((file) => file.anyTypes > 0).map((file) => file.path)).toEqual([]);
  });

  it('prints the other figures', () => {
    const at = (sorted: number[], part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
    const files = sources.map((file) => file.lines).sort((a, b) => a - b);
    const functions = sources.flatMap((file) => file.functions.map((fn) => fn.lines)).sort((a, b) => a - b);
    console.log(
      `${files.length} files: median ${at(files, 0.5)}, 90 % ${at(files, 0.9)}, largest ${files.at(-1)} lines; ` +
        `${functions.length} functions: median ${at(functions, 0.5)}, 90 % ${at(functions, 0.9)}, largest ${functions.at(-1)}`,
    );
  });
});
