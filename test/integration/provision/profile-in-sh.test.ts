/** What a shell that sources our profile sees: every value literally. */

import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderProfile } from '../../../src/provision/profile.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const HARD = [
  '$(touch ran)',
  '`touch ran`',
  "it's",
  '"quoted"',
  '\\',
  '$HOME',
  'a b  c',
  '*',
  '; touch ran',
  '& touch ran',
  '#no',
  '~',
  '!x',
  'ä €',
  '-n',
];
const END = 'END-OF-ARGUMENTS';

it.each(['dash', 'bash', 'busybox'])('reaches the engine word for word (%s)', (shell) => {
  const dir = temporaryFolder();
  const engine = {
    storageDriver: 'overlay2',
    labels: HARD.map((value) => `l=${value}`),
    insecureRegistries: ['reg:5000'],
    registryMirrors: ['http://m/?a=b&c'],
    opts: HARD.map((value) => `o=${value}`),
    env: HARD.map((value, index) => `V${index}=${value}`),
    port: 2376,
  };
  writeFileSync(join(dir, 'profile'), renderProfile(engine));
  const print = HARD.map((_, index) => `"$V${index}"`).join(' ');
  const script = `. ./profile\nset -f\nIFS=\${EXTRA_ARGS_IFS:-$IFS}\nset -- $EXTRA_ARGS\nprintf '%s\\n' "$@" ${END} ${print}\n`;
  writeFileSync(join(dir, 'script'), script);
  const args = shell === 'busybox' ? ['sh', 'script'] : ['script'];
  const [words = '', values = ''] = execFileSync(shell, args, { cwd: dir, encoding: 'utf8', env: { PATH: process.env.PATH } }).split(
    `${END}\n`,
  );
  expect(words.trimEnd().split('\n')).toEqual([
    ...HARD.flatMap((value) => ['--label', `l=${value}`]),
    '--insecure-registry',
    'reg:5000',
    '--registry-mirror',
    'http://m/?a=b&c',
    ...HARD.map((value) => `--o=${value}`),
  ]);
  expect(values.trimEnd().split('\n')).toEqual(HARD);
  expect(readdirSync(dir).sort()).toEqual(['profile', 'script']);
});
