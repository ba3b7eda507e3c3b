// Bundles the command line so that it starts fast. CommonJS: importing node:fs into an ES module opens every lazy part of it
// (streams, readline: 5 ms). What one group of commands needs is one file, because each file costs half a millisecond.
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** Each group: the modules it begins with and all they import statically, without what an earlier group has. */
const GROUPS = [
  // what every command loads, and all that those need which only read the store
  [
    'start',
    'src/cli/main.ts',
    'src/cli/actions/{active,ip,inspect,status,url}.ts',
    'src/machine/{index,machine}.ts',
    'src/plugins/index.ts',
    'drivers/none/src/index.ts',
  ],
  ['engine', 'src/cli/actions/{config,env}.ts', 'src/machine/engine-client.ts'],
  ['list', 'src/cli/actions/ls.ts'],
];

/** Writes cli/main.cjs, driver.cjs and what they load into `dist`. */
export async function bundleCommandLine({ root, dist, alias, define }) {
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    input: { 'cli/main': 'src/cli/main.ts', driver: 'src/driver/index.ts' },
    resolve: { alias },
    transform: { target: 'node22.15', define: { ...define, 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' } },
    checks: { ineffectiveDynamicImport: false }, // a command that is also an action is both on purpose
    plugins: [optionalNative, lazyBuiltins],
  });
  await bundle.write({
    dir: dist,
    format: 'cjs',
    dynamicImportInCjs: false, // of Node's own modules: require() does not open an ES module loader
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    comments: { legal: false, annotation: false },
    codeSplitting: { groups: grouping(root) },
  });
}

function grouping(root) {
  const known = new Set();
  return GROUPS.map(([name, ...begin]) => {
    let members;
    return {
      debugName: name,
      name: (id, context) => {
        members ??= closure(begin.flatMap(braces), root, context, known);
        return members.has(id) ? name : undefined;
      },
    };
  });
}

function closure(begin, root, context, known) {
  const members = new Set();
  const visit = (id) => {
    const module = known.has(id) ? undefined : context.getModuleInfo(id);
    if (!module || module.isExternal) return;
    known.add(id);
    if (!module.isEntry) members.add(id); // whoever loads a group for another program may not start this one
    module.importedIds.forEach(visit);
  };
  for (const path of begin) {
    const id = join(root, path);
    if (!context.getModuleInfo(id)) throw new Error(`bundle: no module ${path}`);
    visit(id);
  }
  return members;
}

/** `a/{b,c}.ts` → `a/b.ts`, `a/c.ts` */
function braces(pattern) {
  const [, before, choices, after] = /^(.*)\{(.*)\}(.*)$/.exec(pattern) ?? [];
  return choices === undefined ? [pattern] : choices.split(',').map((choice) => before + choice + after);
}

/** Native add-ons that packages try and do without (ssh2's crypto and cpu-features). */
const optionalNative = {
  name: 'optional-native',
  resolveId: (id) => (/\.node$|^cpu-features$/.test(id) ? `\0absent:${id}` : undefined),
  load: (id) =>
    id.startsWith('\0absent:')
      ? `throw Object.assign(new Error('left out of the bundle: ${id.slice(8)}'), { code: 'MODULE_NOT_FOUND' });`
      : undefined,
};

/** Node's own modules are loaded when they are first used: node:tls, node:crypto and node:fs/promises cost milliseconds each. */
const lazyBuiltins = {
  name: 'lazy-builtins',
  renderChunk(code) {
    let lazy = code;
    let getters = '';
    for (const [line, name, module] of code.matchAll(/^let (node_\w+) = require\("(node:[\w/]+)"\);$/gm)) {
      const uses = new RegExp(`(?<![\\w$.])${name}(?![\\w$])`, 'g');
      const members = new RegExp(`${uses.source}(?=\\.)`, 'g');
      if (code.match(uses).length !== 1 + (code.match(members)?.length ?? 0)) continue; // also used as a whole
      lazy = lazy.replace(line, '').replace(members, `__lazy.${name}`);
      getters += `get ${name}() { return require("${module}"); }, `;
    }
    return getters === '' ? undefined : `const __lazy = { ${getters}};\n${lazy}`;
  },
};
