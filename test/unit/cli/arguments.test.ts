import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalWords } from '../../../src/cli/arguments/canonical.ts';
import type { CliFlag } from '../../../src/cli/arguments/cli-flag.ts';
import { parseGoBool, parseGoInt } from '../../../src/cli/arguments/go-values.ts';
import { parseFlags, parseLeadingFlags } from '../../../src/cli/arguments/parse-flags.ts';

const FLAGS: readonly CliFlag[] = [
  { name: 'driver', short: 'd', type: 'string', env: 'MACHINE_DRIVER', help: '' },
  { name: 'timeout', short: 't', type: 'int', env: 'TIMEOUT', default: 10, help: '' },
  { name: 'force', short: 'f', type: 'bool', env: 'FORCE', help: '' },
  { name: 'y', type: 'bool', help: '' },
  { name: 'engine-opt', type: 'strings', env: 'OPTS', help: '' },
];
const parse = (words: string[], env = {}) => parseFlags(FLAGS, words, env);

describe('parseFlags', () => {
  it.each([
    [['-driver', 'none']],
    [['--driver', 'none']],
    [['-driver=none']],
    [['--driver=none']],
    [['-d', 'none']],
    [['-d=none']],
    [['--d', 'none']],
  ])('reads %j', (words) => {
    expect(parse(words)).toMatchObject({ values: { driver: 'none' }, names: [] });
    expect(parse(['m', ...words])).toMatchObject({ values: { driver: 'none' }, names: ['m'] });
    expect(parse([...words, 'm'])).toMatchObject({ values: { driver: 'none' }, names: ['m'] });
  });

  it.each([
    [['--force'], true],
    [['-f'], true],
    [['--force=true'], true],
    [['--force=T'], true],
    [['--force=1'], true],
    [['--force=false'], false],
    [['-force=0'], false],
    [['-f=F'], false],
    [[], false],
  ])('%j means force is %j', (words, value) => expect(parse(words).values.force).toBe(value));

  it('takes no bool value without =', () =>
    expect(parse(['--force', 'false'])).toMatchObject({ values: { force: true }, names: ['false'] }));

  it.each([
    ['0x10', 16],
    ['010', 8],
    ['-3', -3],
    ['0', 0],
    ['0b11', 3],
  ])('reads the number %s as Go', (text, value) => expect(parse(['-t', text]).values.timeout).toBe(value));

  it('takes the next word whatever it looks like', () => {
    expect(parse(['--driver', '--force']).values).toMatchObject({ driver: '--force', force: false });
    expect(parse(['--driver=', 'x'])).toMatchObject({ values: { driver: '' }, names: ['x'] });
    expect(parse(['--driver=a=b']).values.driver).toBe('a=b');
  });

  it('collects lists and keeps commas in them', () =>
    expect(parse(['--engine-opt', 'a=b,c', 'm', '-engine-opt=d']).values['engine-opt']).toEqual(['a=b,c', 'd']));

  it('keeps names in order, also behind flags', () => {
    expect(parse(['x', '-y', 'z', '-f'])).toMatchObject({ names: ['x', 'z'], values: { y: true, force: true } });
    expect(parse(['a', '--', '-y', '--force'])).toMatchObject({ names: ['a', '-y', '--force'], values: { y: false, force: false } });
    expect(parse(['-']).names).toEqual(['-']);
  });

  it.each([['-h'], ['--help'], ['-help']])('hears %s', (word) => {
    expect(parse(['m', word]).help).toBe(true);
    expect(parse([word, '--nonsense']).help).toBe(true);
    expect(parse(['--', word]).help).toBe(false);
  });

  it.each([
    [['--badflag'], 'flag provided but not defined: -badflag', undefined],
    [['-fy'], 'flag provided but not defined: -fy', 'Short flags stand alone: -f -y'],
    [['--forec'], 'flag provided but not defined: -forec', 'Did you mean --force?'],
    [['-tiemout', '3'], 'flag provided but not defined: -tiemout', 'Did you mean --timeout?'],
    [['---force'], 'bad flag syntax: ---force', undefined],
    [['-=x'], 'bad flag syntax: -=x', undefined],
    [['-driver'], 'flag needs an argument: -driver', undefined],
    [['--timeout', 'x'], 'invalid value "x" for flag -timeout: parse error', undefined],
    [['-t', '08'], 'invalid value "08" for flag -t: parse error', undefined],
    [['--timeout=99999999999999999999'], 'invalid value "99999999999999999999" for flag -timeout: parse error', undefined],
    [['--force=maybe'], 'invalid boolean value "maybe" for -force: parse error', undefined],
    [['-d', 'a', '--driver', 'b'], 'Cannot use two forms of the same flag: d driver', undefined],
  ])('refuses %j', (words, message, hint) => {
    expect(() => parse(words)).toThrow(expect.objectContaining({ code: 'USAGE', message, hint }));
  });

  it.each([
    [{ MACHINE_DRIVER: 'none' }, { driver: 'none' }],
    [{ MACHINE_DRIVER: '' }, { driver: '' }],
    [{ TIMEOUT: '0x20' }, { timeout: 32 }],
    [{ TIMEOUT: 'soon' }, { timeout: 10 }],
    [{ FORCE: 'true' }, { force: true }],
    [{ FORCE: 'yes' }, { force: false }],
    [{ OPTS: 'a=b, c=d' }, { 'engine-opt': ['a=b', 'c=d'] }],
  ])('takes %j from the environment', (env, values) => {
    expect(parse([], env).values).toMatchObject(values);
    expect(parse([], env).given.size).toBe(0);
  });

  it('prefers the command line to the environment', () => {
    const env = { MACHINE_DRIVER: 'none', FORCE: '1', OPTS: 'x' };
    expect(parse(['-d', 'qemu', '--force=false', '--engine-opt', 'y'], env).values).toMatchObject({
      driver: 'qemu',
      force: false,
      'engine-opt': ['y'],
    });
  });

  it('reads back its own canonical form', () => {
    const text = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(text, fc.integer(), fc.boolean(), fc.array(text), fc.array(text), (driver, timeout, force, opts, names) => {
        const values = { driver, timeout, force, y: false, 'engine-opt': opts };
        expect(parse(canonicalWords(FLAGS, values, names))).toMatchObject({ values, names });
      }),
    );
  });
});

describe('parseLeadingFlags', () => {
  it('leaves the command and all behind it alone', () => {
    expect(parseLeadingFlags(FLAGS, ['-d', 'x', 'ls', '-f', '--', 'y'], {})).toMatchObject({
      values: { driver: 'x', force: false },
      names: ['ls', '-f', '--', 'y'],
    });
  });
});

describe('Go values', () => {
  it('knows exactly strconv.ParseBool', () => {
    for (const text of ['1', 't', 'T', 'TRUE', 'true', 'True']) expect(parseGoBool(text)).toBe(true);
    for (const text of ['0', 'f', 'F', 'FALSE', 'false', 'False']) expect(parseGoBool(text)).toBe(false);
    for (const text of ['', 'yes', 'tRUE', 'on', ' 1']) expect(parseGoBool(text)).toBeUndefined();
  });
  it('refuses what strconv.ParseInt refuses', () => {
    for (const text of ['', ' 1', '1 ', '1.0', '1e3', '0x', '09', '--1', 'x']) expect(parseGoInt(text)).toBeUndefined();
  });
});
