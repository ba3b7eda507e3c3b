/** `scp` between this computer and two SSH servers, one with SFTP and one with the scp program alone. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import generic from '../../../drivers/generic/src/index.ts';
import type { CopyPlace, Machines } from '../../../src/machine/api.ts';
import { openMachines } from '../../../src/machine/index.ts';
import { genericMachine } from '../../support/generic-machine.ts';
import { testStore } from '../../support/machines.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const servers: TestSshd[] = [];
let machines: Machines;
let folder: string;
const problems: string[] = [];
const TRANSPORTS = ['sftp', 'scp'];
/** A shell, a careless script or a list of words would stumble over these. */
const NAMES = ['plain', 'two words', '-dash', "quote's", 'double"quote', '$(touch evil)', 'back\\slash', 'star*', 'ünï', '~tilde', ' lead'];

beforeAll(async () => {
  const store = await testStore(generic);
  const programs = temporaryFolder();
  writeFileSync(join(programs, 'scp'), `#!/bin/sh\nprintf 'C0644 4 ../evil\\nevil\\0'\ncat >/dev/null\n`, { mode: 0o755 });
  for (const [name, lines] of [
    ['sftp', ['Subsystem sftp internal-sftp']],
    ['scp', []],
    ['hostile', [`SetEnv PATH=${programs}:/usr/bin:/bin`]],
  ] as const) {
    const server = await startSshd(lines);
    servers.push(server);
    genericMachine(store.root, name, server);
  }
  machines = openMachines(store.options);
});

afterAll(() => {
  for (const server of servers) server.stop();
});

beforeEach(() => {
  folder = temporaryFolder();
  problems.length = 0;
});

const copy = (from: CopyPlace, to: CopyPlace, recursive = false) =>
  machines.copy({ from, to, recursive }, { problem: (text) => problems.push(text), progress: () => {} });
const here = (...path: string[]): CopyPlace => ({ path: join(folder, ...path) });
const on = (machine: string, ...path: string[]): CopyPlace => ({ machine, path: join(folder, ...path) });
const put = (name: string, content: string | Buffer = 'content', mode = 0o644) => {
  writeFileSync(join(folder, name), content);
  chmodSync(join(folder, name), mode);
};
const content = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
const modeOf = (...path: string[]) => statSync(join(folder, ...path)).mode & 0o777;

function tree() {
  mkdirSync(join(folder, 'from/empty'), { recursive: true });
  mkdirSync(join(folder, 'from/below/deep'), { recursive: true });
  for (const name of NAMES) put(`from/below/${name}`, name);
  put('from/below/deep/none', '');
  put('from/program', '#!/bin/sh\n', 0o750);
  symlinkSync('program', join(folder, 'from/link'));
  mkdirSync(join(folder, 'to'));
}

function expectTree(...at: string[]) {
  expect(readdirSync(join(folder, ...at)).sort()).toEqual(['below', 'empty', 'link', 'program']);
  expect(readdirSync(join(folder, ...at, 'below')).sort()).toEqual([...NAMES, 'deep'].sort());
  for (const name of NAMES) expect(content(...at, 'below', name)).toBe(name);
  expect(content(...at, 'below/deep/none')).toBe('');
  expect(modeOf(...at, 'program')).toBe(0o750);
  expect(content(...at, 'link')).toBe('#!/bin/sh\n'); // followed, as scp does
  expect(existsSync(join(folder, 'evil'))).toBe(false);
}

describe.each(TRANSPORTS)('over %s', (machine) => {
  it('takes a file there and back, with its mode', async () => {
    const data = randomBytes(3_000_001);
    put('a', data, 0o600);
    expect(await copy(here('a'), on(machine, 'b'))).toBe(0);
    expect(readFileSync(join(folder, 'b')).equals(data)).toBe(true);
    expect(modeOf('b')).toBe(0o600);
    expect(await copy(on(machine, 'b'), here('c'))).toBe(0);
    expect(readFileSync(join(folder, 'c')).equals(data)).toBe(true);
    expect(modeOf('c')).toBe(0o600);
  });

  it('replaces a file in place, and a longer one whole', async () => {
    put('a', 'short');
    put('b', 'rather long', 0o640);
    await copy(here('a'), on(machine, 'b'));
    expect(content('b')).toBe('short');
    expect(modeOf('b')).toBe(0o640);
  });

  it('takes a tree there and back, whatever its names', async () => {
    tree();
    expect(await copy(here('from'), on(machine, 'to'), true)).toBe(0);
    expectTree('to/from');
    expect(await copy(on(machine, 'to/from'), here('back'), true)).toBe(0);
    expectTree('back');
    expect(problems).toEqual([]);
  });

  it.each(['-dash', "quote's $(touch evil)", 'star*'])('takes a file named %j there and back', async (name) => {
    put('a', name);
    mkdirSync(join(folder, 'into'));
    expect(await copy(here('a'), on(machine, name))).toBe(0);
    expect(await copy(on(machine, name), here('into'))).toBe(0);
    expect(content('into', name)).toBe(name);
  });

  it('knows the login folder', async () => {
    put('a');
    const name = `tsmachine-copy-${process.pid}`;
    try {
      expect(await copy(here('a'), { machine, path: name })).toBe(0);
      expect(await copy({ machine, path: `~/${name}` }, here('b'))).toBe(0);
      expect(content('b')).toBe('content');
      expect(await copy({ machine, path: '~nobody/x' }, here('c'))).toBe(1);
      expect(problems).toEqual(["~nobody/x: only the login user's own folder is known, by a path without ~"]);
    } finally {
      rmSync(join(process.env.HOME ?? '/root', name), { force: true });
    }
  });

  it('expands patterns of the far side', async () => {
    for (const name of ['a1', 'a2', 'b1', '.hidden']) put(name, name);
    mkdirSync(join(folder, 'into'));
    expect(await copy(on(machine, '[ab]?'), here('into'))).toBe(0);
    expect(readdirSync(join(folder, 'into')).sort()).toEqual(['a1', 'a2', 'b1']);
  });

  it('tells what is missing, and what is a folder', async () => {
    expect(await copy(here('none'), on(machine, 'b'))).toBe(1);
    expect(await copy(on(machine, 'none'), here('b'))).toBe(1);
    mkdirSync(join(folder, 'dir'));
    expect(await copy(on(machine, 'dir'), here('b'))).toBe(1);
    expect(problems.slice(0, 2)).toEqual([`${folder}/none: No such file or directory`, `${folder}/none: No such file or directory`]);
    expect(problems[2]).toMatch(/dir: not a regular file$/);
    expect(existsSync(join(folder, 'b'))).toBe(false);
  });

  it('tells a target that cannot be', async () => {
    put('a');
    expect(await copy(here('a'), on(machine, 'none/b'))).toBe(1);
    expect(problems.at(-1)).toMatch(/none\/b: No such file or directory/);
    expect(await copy(here('a'), { machine, path: '/dev/full' })).toBe(1);
    expect(problems.at(-1)).toMatch(/\/dev\/full: (Failure|No space left on device)/);
  });

  it('goes on after a file it cannot read', async () => {
    mkdirSync(join(folder, 'from'));
    symlinkSync('nothing', join(folder, 'from/a-broken-link'));
    put('from/b');
    expect(await copy(here('from'), on(machine, 'to'), true)).toBe(1);
    expect(content('to/b')).toBe('content');
    expect(await copy(on(machine, 'from'), here('back'), true)).toBe(1);
    expect(content('back/b')).toBe('content');
    expect(problems).toHaveLength(2);
  });
});

describe('between machines', () => {
  it.each(TRANSPORTS.flatMap((a) => TRANSPORTS.map((b) => [a, b] as const)))('a tree goes from %s to %s', async (from, to) => {
    tree();
    expect(await copy(on(from, 'from'), on(to, 'to'), true)).toBe(0);
    expectTree('to/from');
  });

  it('a file is not copied onto itself', async () => {
    put('a');
    expect(await copy(on('sftp', 'a'), on('sftp', '../', folder.split('/').at(-1) ?? '', 'a'))).toBe(1);
    expect(await copy(here('a'), here('a'))).toBe(1);
    expect(content('a')).toBe('content');
  });
});

describe('a hostile server', () => {
  it('gets no file outside of the target', async () => {
    mkdirSync(join(folder, 'into'));
    await expect(copy(on('hostile', 'x'), here('into'))).rejects.toThrow(/unexpected line "C0644 4 \.\.\/evil"/);
    expect(readdirSync(join(folder))).toEqual(['into']);
    expect(readdirSync(join(folder, 'into'))).toEqual([]);
  });
});

it('names a machine that does not exist', async () => {
  await expect(copy({ machine: 'nobody', path: 'a' }, here('a'))).rejects.toThrow(
    'Error loading host: Error loading host: Docker machine "nobody" does not exist.',
  );
});
