import { describe, expect, it } from 'vitest';
import { readClientWords } from '../../../src/ssh/client-words.ts';
import { parseForward } from '../../../src/ssh/forwards/forward-spec.ts';

describe("ssh's words", () => {
  it.each<[string[], object]>([
    [[], { command: undefined, terminal: 'auto' }],
    [['ls', '-la', '-t'], { command: 'ls -la -t', terminal: 'auto' }],
    [['--', '-t'], { command: '-t', terminal: 'auto' }],
    [['-t', 'top'], { command: 'top', terminal: 'wanted' }],
    [['-tt', '-A', '-C', '-q', 'x'], { terminal: 'forced', forwardAgent: true, compress: true, command: 'x' }],
    [['-tAtCx', 'x'], { terminal: 'forced', forwardAgent: true, compress: true }],
    [['-T', '-n', '-a'], { terminal: 'never', noInput: true, command: undefined }],
    [
      ['-NL', '1:h:2', '-D8', '-R', '0:h:3'],
      { noCommand: true, local: [{ listen: { host: '', port: 1 }, target: { host: 'h', port: 2 } }] },
    ],
    [['-ladmin', '-i', '/k', '-J', 'a,b'], { user: 'admin', keyPath: '/k', proxyJump: 'a,b' }],
    [
      ['-o', 'RequestTTY=force', '-oForwardAgent yes', '-o', 'localforward = 1 h:2'],
      { terminal: 'forced', forwardAgent: true, local: [parseForward('1:h:2', '-L')] },
    ],
    [['-o', 'IdentityFile=/my key'], { keyPath: '/my key' }],
    [['-o', 'LogLevel=QUIET', '-'], { command: '-' }],
  ])('%j', (words, expected) => {
    expect(readClientWords(words)).toMatchObject(expected);
  });

  it.each([
    [['-Z'], 'unknown option of ssh: -Z'],
    [['-L'], 'option of ssh without its argument: -L'],
    [['-X'], 'the built-in SSH has no -X'],
    [['-o', 'StrictHostKeyChecking=no'], 'the built-in SSH has no -o StrictHostKeyChecking=no'],
    [['-o', 'toString=1'], 'the built-in SSH has no -o toString=1'],
    [['-L', '1:2'], '-L: expected [bind_address:]port:host:hostport, found "1:2"'],
  ])('%j are refused', (words, message) => {
    expect(() => readClientWords(words)).toThrow(message);
  });
});

describe('a forward', () => {
  const tcp = (host: string, port: number) => ({ host, port });
  it.each([
    ['80:h:81', tcp('', 80), tcp('h', 81)],
    ['b:80:h:81', tcp('b', 80), tcp('h', 81)],
    ['*:80:h:81', tcp('*', 80), tcp('h', 81)],
    [':80:h:81', tcp('', 80), tcp('h', 81)],
    ['[::1]:80:[fe80::1]:81', tcp('::1', 80), tcp('fe80::1', 81)],
    ['80:/run/docker.sock', tcp('', 80), { socket: '/run/docker.sock' }],
    ['b:80:/run/docker.sock', tcp('b', 80), { socket: '/run/docker.sock' }],
    ['/a.sock:/b.sock', { socket: '/a.sock' }, { socket: '/b.sock' }],
    ['/a.sock:h:81', { socket: '/a.sock' }, tcp('h', 81)],
  ])('%s', (text, listen, target) => {
    expect(parseForward(text, '-L')).toEqual({ listen, target });
  });

  it.each(['', '80', '80:h', 'x:h:80', '80:h:70000', 'a:80:h:81:b', '80:h:81:82:83', '::::'])('%j is none', (text) => {
    expect(() => parseForward(text, '-R')).toThrow('-R: expected');
  });
});
