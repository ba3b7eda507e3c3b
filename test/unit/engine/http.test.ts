import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { goSyntaxError } from '../../../src/engine/http/go-json.ts';
import { readJson } from '../../../src/engine/http/json-body.ts';
import { Query } from '../../../src/engine/http/query.ts';
import { negotiate, Router } from '../../../src/engine/http/router.ts';
import { readTarget } from '../../../src/engine/http/target.ts';
import { parseTimestamp } from '../../../src/engine/http/timestamps.ts';

describe('what a request is for', () => {
  test.each([
    ['/v1.43/containers/json?all=1', 'docker', { path: '/containers/json', search: 'all=1', version: '1.43' }],
    ['/_ping', undefined, { path: '/_ping', search: '', version: undefined }],
    ['http://docker/v1.24/info', 'docker', { path: '/info', search: '', version: '1.24' }],
    // curl --unix-socket … http:/version, http:/containers/create, http:/containers/ab/logs?stdout=1, http://v1.43/containers/json
    ['/', 'version', { path: '/version', search: '', version: undefined }],
    ['/create', 'containers', { path: '/containers/create', search: '', version: undefined }],
    ['/ab/logs?stdout=1', 'containers', { path: '/containers/ab/logs', search: 'stdout=1', version: undefined }],
    ['/containers/json', 'v1.43', { path: '/containers/json', search: '', version: '1.43' }],
  ])('%s with host %s', (url, host, expected) => {
    expect(readTarget(url, host, true)).toEqual(expected);
  });

  test('a host name is only a host name on the network', () => {
    expect(readTarget('/json', 'containers', false).path).toBe('/json');
  });
});

describe('routes', () => {
  const handle = (): void => undefined;
  const router = new Router([
    { method: 'GET', path: '/containers/json', handle },
    { method: 'GET', path: '/containers/:name/json', handle },
    { method: 'GET', path: '/images/*name/json', handle },
  ]);

  test('names of images have slashes, others have none', () => {
    expect(router.find('GET', '/images/a/b%3Ac/json')?.params).toEqual({ name: 'a/b:c' });
    expect(router.find('GET', '/containers/a/b/json')).toBeUndefined();
    expect(router.find('GET', '/containers/json')?.params).toEqual({});
    expect(router.find('POST', '/containers/json')).toBeUndefined();
  });

  test.each([
    [undefined, 51],
    ['1.24', 24],
    ['1.12', 12],
    ['1.51', 51],
  ])('version %s is answered as 1.%d', (version, minor) => expect(negotiate(version)).toBe(minor));

  test.each(['1.11', '1', '0.9', '1.52', '2.0'])('version %s is refused', (version) => {
    expect(() => negotiate(version)).toThrow(`client version ${version} is too`);
  });
});

describe('queries', () => {
  test.each([
    ['1', true],
    ['true', true],
    ['yes', true],
    ['0', false],
    ['False', false],
    ['none', false],
    ['', false],
  ])('%j as a boolean is %s', (text, value) => expect(new Query(`x=${text}`).boolean('x')).toBe(value));

  test('numbers and times that are none are told as Go tells them', () => {
    expect(() => new Query('x=1x').integer('x')).toThrow('strconv.Atoi: parsing "1x": invalid syntax');
    expect(new Query('').integer('x')).toBeUndefined();
    expect(parseTimestamp('1700000000.5')).toBe('2023-11-14T22:13:20.500000000Z');
    expect(() => parseTimestamp('x')).toThrow('strconv.ParseInt: parsing "x": invalid syntax');
  });
});

describe('JSON bodies', () => {
  const read = (text: string, headers: Record<string, string> = {}, required = false) =>
    readJson(
      { 'content-type': 'application/json', 'content-length': String(text.length), ...headers },
      Readable.from([Buffer.from(text)]),
      required,
    );

  test.each([
    ['{', 'unexpected EOF'],
    ['nope', "invalid character 'o' in literal null (expecting 'u')"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ["'", "invalid character '\\'' looking for beginning of value"],
  ])('%s: %s', async (text, problem) => {
    expect(goSyntaxError(text)).toBe(problem);
    await expect(read(text)).rejects.toThrow(`invalid JSON: ${problem}`);
  });

  test('what is no object, not JSON by its type, or too much', async () => {
    await expect(read('{} {}')).rejects.toThrow('unexpected content after JSON');
    await expect(read('{}', { 'content-type': 'text/plain' })).rejects.toThrow(
      "unsupported Content-Type header (text/plain): must be 'application/json'",
    );
    await expect(read('', { 'content-type': '' })).resolves.toEqual({});
    await expect(read('', {}, true)).rejects.toThrow('invalid JSON: got EOF while reading request body');
    await expect(read('null')).resolves.toEqual({});
    await expect(read(`"${'x'.repeat(17 * 1024 * 1024)}"`)).rejects.toThrow('request body too large');
  });
});
