// Builds dist/: the CLI (CommonJS, split by command), the launcher, the supervisor, the driver entry and the engine.
// Everything is bundled, so the published package has no run-time dependencies but an optional Node binary.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleCommandLine } from './bundle-cli.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const only = process.argv[2]; // `engine`, `cli`, or nothing for all
const dist = process.argv[3] ?? join(root, 'dist'); // tests build an engine of their own elsewhere

const revision = () => {
  const git = spawnSync('git', ['-C', root, 'rev-parse', '--short=8', 'HEAD'], { encoding: 'utf8' });
  return git.status === 0 ? git.stdout.trim() : 'HEAD';
};

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node22.15',
  logLevel: 'warning',
  legalComments: 'none',
  sourcemap: false,
  alias: {
    'tsmachine/driver/cloud': join(root, 'src/driver/cloud/index.ts'), // the longer ones first
    'tsmachine/driver/kit': join(root, 'src/driver/kit/index.ts'),
    'tsmachine/driver': join(root, 'src/driver/index.ts'),
  },
};

// koffi searches for its binary relative to its package; in the bundle it lies beside the file.
const koffiBeside = {
  name: 'koffi-beside',
  setup(context) {
    context.onResolve({ filter: /^koffi$/ }, () => ({ path: 'koffi', namespace: 'koffi' }));
    context.onLoad({ filter: /.*/, namespace: 'koffi' }, () => ({ contents: "module.exports = require('./koffi.node');", loader: 'js' }));
    context.onResolve({ filter: /^\.\/koffi\.node$/ }, () => ({ path: './koffi.node', external: true }));
  },
};

async function buildEngine() {
  mkdirSync(join(dist, 'engine'), { recursive: true });
  await build({
    ...common,
    entryPoints: { dockerd: join(root, 'src/engine/main.ts') },
    outdir: join(dist, 'engine'),
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    plugins: [koffiBeside],
  });
  copyFileSync(join(root, 'node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node'), join(dist, 'engine/koffi.node'));
}

async function buildCli() {
  const define = { TSMACHINE_VERSION: JSON.stringify(version), TSMACHINE_REVISION: JSON.stringify(revision()) };
  await bundleCommandLine({ root, dist, alias: common.alias, define });
  // Programs of their own, each one small file with nothing of the CLI: the supervisor lives as long as its VM, the driver thread
  // runs what `driver install` brought.
  await build({
    ...common,
    format: 'esm',
    define,
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" }, // for CommonJS packages
    minify: true,
    entryPoints: { supervisor: 'src/supervisor/main.ts', 'driver-thread': 'src/plugins/isolated/thread-main.ts' },
    outdir: dist,
  });
  mkdirSync(join(dist, 'bin'), { recursive: true });
  copyFileSync(join(root, 'src/bin/tsmachine.cjs'), join(dist, 'bin/tsmachine.cjs'));
  chmodSync(join(dist, 'bin/tsmachine.cjs'), 0o755);
}

/** Types of the entries for drivers. */
function writeTypes() {
  const program = join(root, 'node_modules/typescript/bin/tsc');
  const tsc = spawnSync(process.execPath, [program, '-p', 'tsconfig.types.json', '--outDir', join(dist, 'types')], {
    cwd: root,
    stdio: 'inherit',
  });
  if (tsc.status !== 0) process.exit(1);
}

if (only === undefined) rmSync(dist, { recursive: true, force: true });
if (only !== 'cli') await buildEngine();
if (only !== 'engine') await buildCli();
if (only === undefined) writeTypes();
writeFileSync(join(dist, 'package.json'), '{ "type": "module" }\n');
if (only === undefined) cpSync(join(root, 'templates'), join(dist, 'templates'), { recursive: true });
