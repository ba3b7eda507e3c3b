// Bundles the command line so that it starts fast. CommonJS: importing node:fs into an ES module opens every lazy part of it
// (streams, readline: 5 ms). What scripts call most is one file, because each file costs half a millisecond.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** Each of these files: the modules it begins with and all they import statically, without what an earlier one has. */
const GROUPS = {
  hot: [
    'src/cli/main.ts',
    'src/cli/actions/{active,config,env,inspect,ip,ls,status,url}.ts',
    'src/machine/{index,machine,engine-client,engine-path}.ts',
    'src/store/store-id.ts',
    'src/plugins/index.ts',
    'drivers/none/src/index.ts',
  ],
  create: [
    'src/cli/{create-driver,actions/create}.ts',
    'src/machine/{authority,create,rotation}.ts',
    'src/certs/authority.ts',
    'src/host/file-lock.ts',
    'src/store/secrets.ts',
  ],
};

/** Other programs load these: what they share with the command line they have a second time, so that they never start it. */
const DRIVER_ENTRIES = {
  driver: 'src/driver/index.ts',
  'driver-cloud': 'src/driver/cloud/index.ts',
  'driver-kit': 'src/driver/kit/index.ts',
};

/** Writes cli/main.cjs, the entries for drivers and what they load into `dist`. */
export async function bundleCommandLine({ root, dist, alias, define }) {
  const write = async (input, folder, codeSplitting) => {
    const bundle = await rolldown({
      cwd: root,
      platform: 'node',
      input,
      resolve: { alias },
      transform: { target: 'node22.15', define: { ...define, 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' } },
      checks: { ineffectiveDynamicImport: false }, // a command that is also an action is both on purpose
      plugins: [optionalNative, lazyBuiltins, identified],
    });
    await bundle.write({
      dir: dist,
      format: 'cjs',
      dynamicImportInCjs: false, // of Node's own modules: require() does not open an ES module loader
      entryFileNames: '[name].cjs',
      chunkFileNames: `${folder}/[name].cjs`,
      comments: false,
      ...codeSplitting,
    });
  };
  await write({ 'cli/main': 'src/cli/main.ts' }, 'chunks', { codeSplitting: { groups: grouping(root) } });
  await write(DRIVER_ENTRIES, 'driver', {});
}

function grouping(root) {
  const known = new Set();
  return Object.entries(GROUPS).map(([name, begin]) => {
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
    members.add(id);
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

/**
 * Each file begins with what tells it from every other: compiled code is kept by it (src/bin/tsmachine.cjs). What every command
 * reads is ASCII: V8 keeps such a text as it is.
 */
const identified = {
  name: 'identified',
  generateBundle(_options, files) {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue;
      if (file.fileName === 'cli/main.cjs')
        file.code = file.code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
      const hash = createHash('sha256').update(file.code).digest('base64url').slice(0, 22);
      file.code = `//${hash}\n${file.code}`;
    }
  },
};
