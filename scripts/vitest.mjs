// Runs vitest and counts: shared by `npm test` and `npm run test:long`.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, ROOT } from './setup.mjs';

/** `words`: filters and options of vitest. A run that was ended, or that skipped something, is not ok. */
export function vitest(project, env, words = [], options = {}) {
  const report = join(CACHE, `report-${project}.json`);
  rmSync(report, { force: true });
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...words];
  const { status } = spawnSync(join(ROOT, 'node_modules/.bin/vitest'), args, { cwd: ROOT, stdio: 'inherit', env, ...options });
  if (!existsSync(report)) return { ok: false, passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const skipped = result.numPendingTests + result.numTodoTests;
  return { ok: status === 0 && result.success && skipped === 0, passed: result.numPassedTests, failed: result.numFailedTests, skipped };
}

/** The closing line of both commands. */
export function tell(results) {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  if (sum('skipped') > 0) console.log('a skipped test is not a passed one: this run counts as failed');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  if (results.some((result) => !result.ok) || sum('passed') === 0) process.exitCode = 1;
}
