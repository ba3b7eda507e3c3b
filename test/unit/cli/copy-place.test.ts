import { describe, expect, it } from 'vitest';
import { copyPlace } from '../../../src/cli/copy-place.ts';

describe('a word of scp', () => {
  it.each([
    ['m:/etc/hosts', { machine: 'm', path: '/etc/hosts' }],
    ['root@m:a b', { machine: 'm', user: 'root', path: 'a b' }],
    ['a@b@m:x', { machine: 'm', user: 'a@b', path: 'x' }],
    ['m:', { machine: 'm', path: '' }],
    ['m:a:b', { machine: 'm', path: 'a:b' }],
    ['plain', { path: 'plain' }],
    ['./a:b', { path: './a:b' }],
    ['/a:b', { path: '/a:b' }],
    [':a', { path: ':a' }],
    ['localhost:a:b', { path: 'a:b' }],
    ['localhost:/tmp/x', { path: '/tmp/x' }],
    ['c:x', { machine: 'c', path: 'x' }],
  ])('%s', (word, place) => expect(copyPlace(word, 'linux')).toEqual(place));

  it.each([
    ['C:\\Users\\me', { path: 'C:\\Users\\me' }],
    ['c:x', { path: 'c:x' }],
    ['dir\\m:x', { path: 'dir\\m:x' }],
    ['my:C:\\x', { machine: 'my', path: 'C:\\x' }],
  ])('on Windows %s', (word, place) => expect(copyPlace(word, 'win32')).toEqual(place));
});
