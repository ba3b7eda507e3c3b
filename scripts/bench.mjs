// npm run bench [name …]: the measurements of the README, each printing a Markdown table. On an idle machine, as root, after
// `npm test` or `npm run quickstart` has installed and built what they need.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildDist, environment, node, ROOT, run, SetupError } from './setup.mjs';

const shared = ['machine'];
const all = readdirSync(join(ROOT, 'test/bench'))
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((name) => !shared.includes(name))
  .sort();
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !all.includes(name));

try {
  if (unknown.length > 0) throw new SetupError(`no benchmark ${unknown.join(', ')}; there are: ${all.join(', ')}`);
  buildDist();
  const { NODE_EXTRA_CA_CERTS: _, ...env } = environment(); // costs an older Node 30 ms at each start
  for (const name of chosen.length > 0 ? chosen : all) {
    console.log(`\n### ${name}\n`);
    run(node(), [join('test/bench', `${name}.ts`)], { env });
  }
} catch (error) {
  console.error(error instanceof SetupError ? `bench: ${error.message}` : error);
  process.exitCode = 1;
}
