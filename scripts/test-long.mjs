// README command 3: proofs on real guests under QEMU that take minutes each, one part per file of test/long.
//   npm run test:long                   every part
//   npm run test:long -- debian-12 …    these parts
//   npm run test:long -- --list         the parts with their measured minutes
//   npm run test:long -- --rotate       one part of known time: the next one with each commit
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildDist,
  capture,
  debianPackages,
  environment,
  motoServer,
  npmPackages,
  ROOT,
  SetupError,
  step,
  TEST_PACKAGES,
} from './setup.mjs';
import { tell, vitest } from './vitest.mjs';

/** Minutes a part may take before it counts as failed. */
const LIMIT = 25;
const time = (name) => (parts[name] === null ? 'not measured' : `about ${parts[name]} min`);
const words = process.argv.slice(2);
/** Part to its measured minutes on 2 cores without hardware virtualisation; null where nobody has measured it yet. */
const parts = JSON.parse(readFileSync(join(ROOT, 'test/long/parts.json'), 'utf8'));

function checkList() {
  const files = readdirSync(join(ROOT, 'test/long')).flatMap((file) => file.match(/^(.*)\.test\.ts$/)?.[1] ?? []);
  const odd = [...files.filter((name) => !(name in parts)), ...Object.keys(parts).filter((name) => !files.includes(name))];
  if (odd.length > 0) throw new SetupError(`test/long/parts.json and the files of test/long disagree about: ${odd.join(', ')}`);
}

/** Among the parts of known time, so that CI keeps within its own. A clone without history counts days instead of commits. */
function rotated() {
  const names = Object.keys(parts).filter((name) => parts[name] !== null);
  const others = Object.keys(parts).filter((name) => parts[name] === null);
  if (others.length > 0) console.log(`not in rotation, as nobody has measured them: ${others.join(', ')}`);
  const shallow = capture('git', ['rev-parse', '--is-shallow-repository']) !== 'false';
  const count = shallow ? Math.floor(Date.now() / 86_400_000) : Number(capture('git', ['rev-list', '--count', 'HEAD']));
  const name = names[count % names.length];
  console.log(`part ${name}: number ${(count % names.length) + 1} of ${names.length}, by ${shallow ? 'day' : 'commit'} ${count}`);
  return [name];
}

function chosen() {
  const names = words.filter((word) => !word.startsWith('--'));
  const unknown = [
    ...names.filter((name) => !(name in parts)),
    ...words.filter((word) => word.startsWith('--') && !['--list', '--rotate'].includes(word)),
  ];
  if (unknown.length > 0) throw new SetupError(`no part ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`);
  if (words.includes('--rotate')) return rotated();
  return names.length > 0 ? names : Object.keys(parts);
}

async function main() {
  checkList();
  const names = chosen();
  if (words.includes('--list')) {
    for (const name of names) console.log(`${name.padEnd(28)} ${time(name)}`);
    return;
  }
  if (process.getuid() !== 0) throw new SetupError("the guests' disks are made by mmdebstrap as root");
  await step('Debian packages', () => debianPackages(TEST_PACKAGES));
  await step('npm packages', () => npmPackages());
  if (names.some((name) => name === 'amazonec2' || name === 'go-plugins')) await step("moto, AWS's stand-in", () => motoServer());
  await step('build', () => buildDist());
  const env = environment({ FORCE_COLOR: '0' });
  const results = [];
  for (const name of names) {
    const run = () => vitest('long', env, [`test/long/${name}.test.ts`], { timeout: LIMIT * 60_000 });
    await step(`${name} (${time(name)})`, () => void results.push(run()));
  }
  tell(results);
}

main().catch((error) => {
  console.error(error instanceof SetupError ? `test:long: ${error.message}` : error);
  process.exitCode = 1;
});
