// README command 2: installs what the tests need, checks and builds, runs every test.
//   npm test                      everything, as root (containers, network namespaces, package installs)
//   npm test -- --unprivileged    what an ordinary user can run; names what it leaves out
//   npm test -- unit|integration|e2e [vitest filter …]   a part
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildDist,
  CACHE,
  debianPackages,
  environment,
  motoServer,
  node,
  npmPackages,
  ROOT,
  run,
  SetupError,
  step,
  TEST_PACKAGES,
} from './setup.mjs';
import { tell, vitest } from './vitest.mjs';

const PROJECTS = ['unit', 'integration', 'e2e'];
const options = process.argv.slice(2);
const unprivileged = options.includes('--unprivileged');
const filters = options.filter((option) => !option.startsWith('--') && !PROJECTS.includes(option));
const chosen = PROJECTS.filter((project) => options.includes(project));
const projects = chosen.length > 0 ? chosen : PROJECTS;

/** Files of tests that need root are named so: `*.root.test.ts`. */
const rootTests = () =>
  readdirSync(join(ROOT, 'test'), { recursive: true })
    .filter((file) => file.endsWith('.root.test.ts'))
    .sort();

async function main() {
  if (process.getuid() !== 0 && !unprivileged) {
    throw new SetupError(
      'the tests run containers and network namespaces and need root; `npm test -- --unprivileged` runs what an ordinary user can',
    );
  }
  mkdirSync(CACHE, { recursive: true });
  await step('Debian packages', () => debianPackages(TEST_PACKAGES));
  await step('npm packages', () => npmPackages());
  if (projects.includes('integration')) await step("moto, AWS's stand-in", () => motoServer());
  const env = environment({ FORCE_COLOR: '0' });
  await step('biome', () => void run(join(ROOT, 'node_modules/.bin/biome'), ['check', '.'], { env }));
  await step('typecheck', () => void run(node(), [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit'], { env }));
  await step('build', () => buildDist());
  const left = unprivileged ? ['--exclude', '**/*.root.test.ts'] : [];
  const results = [];
  for (const project of projects) await step(`${project} tests`, () => void results.push(vitest(project, env, [...left, ...filters])));
  if (unprivileged)
    console.log(
      `left out, as they need root:\n${rootTests()
        .map((file) => `  test/${file}`)
        .join('\n')}`,
    );
  tell(results);
}

main().catch((error) => {
  console.error(error instanceof SetupError ? `test: ${error.message}` : error);
  process.exitCode = 1;
});
