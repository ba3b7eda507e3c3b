/** A slip of the finger in any command or flag is told with the word that was meant. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/command-spec.ts';
import { GLOBAL_FLAGS } from '../../../src/cli/global-flags.ts';
import { TestStore } from './run-cli.ts';

let store: TestStore;
beforeEach(() => {
  store = new TestStore();
});
afterEach(() => store.remove());

/** One letter left out, one doubled, two swapped: in the middle, where people slip. */
function slips(word: string): string[] {
  const at = Math.floor(word.length / 2);
  const left = word.slice(0, at);
  return [left + word.slice(at + 1), `${left}${word[at]}${word.slice(at)}`, `${left}${word[at + 1] ?? ''}${word[at]}${word.slice(at + 2)}`];
}

const single = COMMANDS.map(({ name }) => name).filter((name) => !name.includes(' ') && name.length > 4);

describe('a command', () => {
  it.each(single)('%s', async (name) => {
    for (const slip of slips(name).filter((word) => word !== name)) {
      const { code, stdout, stderr } = await store.run([slip]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe(`tsmachine: '${slip}' is not a tsmachine command. See 'tsmachine --help'.\nDid you mean 'tsmachine ${name}'?\n`);
    }
  });

  it('that is like none is not guessed at', async () => {
    expect((await store.run(['frobnicate'])).stderr).not.toContain('Did you mean');
  });

  it('is suggested under the name the program was called by', async () => {
    const { stderr } = await store.run(['crate'], { invocation: ['/usr/bin/docker-machine'] });
    expect(stderr).toBe(
      "docker-machine: 'crate' is not a docker-machine command. See 'docker-machine --help'.\nDid you mean 'docker-machine create'?\n",
    );
  });
});

const flags = COMMANDS.filter(({ raw }) => !raw).flatMap(({ name, flags: own }) =>
  own.filter((flag) => flag.name.length > 4).map((flag) => [name, flag.name] as const),
);

describe('a flag', () => {
  it.each(flags)('of %s: --%s', async (command, flag) => {
    const driver = command === 'create' ? ['-d', 'none'] : [];
    for (const slip of slips(flag).filter((word) => word !== flag)) {
      const { code, stdout, stderr } = await store.run([...command.split(' '), ...driver, `--${slip}=x`]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe(`flag provided but not defined: -${slip}\nDid you mean --${flag}?\n`);
    }
  });

  it.each(GLOBAL_FLAGS.filter(({ name }) => name.length > 4).map(({ name }) => name))('of the program: --%s', async (flag) => {
    for (const slip of slips(flag).filter((word) => word !== flag)) {
      const { code, stderr } = await store.run([`--${slip}`, 'ls']);
      expect({ code, stderr }).toEqual({ code: 1, stderr: `flag provided but not defined: -${slip}\nDid you mean --${flag}?\n` });
    }
  });

  it.each([
    [['rm', '-fy', 'x'], 'flag provided but not defined: -fy\nShort flags stand alone: -f -y\n'],
    [['ls', '--timeout'], 'flag needs an argument: -timeout\n'],
    [['ls', '--=x'], 'bad flag syntax: --=x\n'],
    [['ls', '---quiet'], 'bad flag syntax: ---quiet\n'],
    [['ls', '--quiet=maybe'], /^invalid boolean value "maybe" for -quiet: /],
    [['create', '-d', 'none', '--driver', 'none', 'x'], 'Cannot use two forms of the same flag: d driver\n'],
    [['env', '--swam', 'x'], /^flag provided but not defined: -swam\n/],
  ] as [string[], string | RegExp][])('malformed: %j', async (words, message) => {
    const { code, stdout, stderr } = await store.run(words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    if (typeof message === 'string') expect(stderr).toBe(message);
  });
});
