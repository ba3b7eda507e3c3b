/** TAB in bash, zsh and fish, with the scripts the program prints. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../support/bundle.ts';
import { requireProgram } from '../shells/real-shells.ts';
import { COMPLETING_SHELLS, type Place } from './completing-shells.ts';

const folder = mkdtempSync(join(tmpdir(), 'tsm-completion-'));
const store = join(folder, 'store');
const place: Place = {
  folder,
  env: {
    PATH: `${folder}/bin:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder,
    MACHINE_STORAGE_PATH: store,
    MACHINE_DRIVER: 'none',
    TERM: 'dumb',
    LC_ALL: 'C.UTF-8',
  },
};

beforeAll(async () => {
  requireProgram('script', 'bsdutils');
  for (const name of ['zsh', 'fish']) requireProgram(name, name);
  await bundleProgram('src/cli/main.ts', join(folder, 'main.mjs'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/tsmachine'), `#!${process.execPath}\nimport(${JSON.stringify(join(folder, 'main.mjs'))});\n`, {
    mode: 0o755,
  });
  symlinkSync('tsmachine', join(folder, 'bin/docker-machine'));
  for (const name of ['alpha', 'beta', 'b2', '$(touch executed)', '`touch executed`', "it's", '-y']) {
    mkdirSync(join(store, 'machines', name), { recursive: true });
  }
  mkdirSync(join(folder, 'elsewhere/machines/gamma'), { recursive: true });
  mkdirSync(join(folder, 'somewhere'));
  writeFileSync(join(folder, 'some.pem'), '');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Line typed → line after TAB. In every shell. */
const LINES: [string, string][] = [
  ['P crea', 'P create'],
  ['P re', 'P regenerate-certs restart'],
  ['P image ', 'P image build ls rm'],
  ['P help sta', 'P help start status'],
  ['P rm --f', 'P rm --force'],
  ['P env --n', 'P env --no-proxy'],
  ['P start ', 'P start alpha b2 beta'],
  ['P rm alpha b', 'P rm alpha b2 beta'],
  ['P ip alpha b2 ', 'P ip alpha b2 beta'],
  ['P ssh al', 'P ssh alpha'],
  ['P env --shell fi', 'P env --shell fish'],
  ['P env --shell fish al', 'P env --shell fish alpha'],
  ['P create --driver q', 'P create --driver qemu'],
  ['P create -d q', 'P create -d qemu'],
  ['P create --driver=q', 'P create --driver=qemu'],
  ['P create --ur', 'P create --url'],
  ['P create -d qemu --qemu-mem', 'P create -d qemu --qemu-memory'],
  ['P create --url tcp://127.0.0.1:2376 --engine-la', 'P create --url tcp://127.0.0.1:2376 --engine-label'],
  ['P completion po', 'P completion powershell'],
  ['P --storage-pa', 'P --storage-path'],
  ['P -D ls --qui', 'P -D ls --quiet'],
  [`P --storage-path ${folder}/elsewhere kill `, `P --storage-path ${folder}/elsewhere kill gamma`],
  [`P --storage-path=${folder}/elsewhere kill `, `P --storage-path=${folder}/elsewhere kill gamma`],
];

describe.each(COMPLETING_SHELLS)('$name', (shell) => {
  it.each(['tsmachine', 'docker-machine'])('completes %s', (program) => {
    const named = (line: string) => line.replace(/^P/, program);
    const lines = LINES.map(([line]) => named(line));
    expect(shell.complete(place, program, lines)).toEqual(LINES.map(([, line]) => named(line)));
    expect(existsSync(join(folder, 'executed'))).toBe(false); // entries of the store are never code
  });

  it('offers files and folders where a flag wants one', () => {
    const lines = [`tsmachine --tls-ca-cert ${folder}/some.p`, `tsmachine --storage-path ${folder}/somew`];
    const completed = shell.complete(place, 'tsmachine', lines).map((line) => line.replace(/\/$/, ''));
    expect(completed).toEqual([`tsmachine --tls-ca-cert ${folder}/some.pem`, `tsmachine --storage-path ${folder}/somewhere`]);
  });

  it('offers nothing where nothing is known, and says nothing', () => {
    const lines = ['tsmachine nosuch ', 'tsmachine create ', 'tsmachine status alpha ', 'tsmachine ls --timeout '];
    expect(shell.complete(place, 'tsmachine', lines)).toEqual(lines.map((line) => (shell.name === 'fish' ? line : line.trimEnd())));
  });
});
