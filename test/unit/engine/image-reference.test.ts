/** Names of images as users write them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { familiarString, fullName, fullString, parseReference, withDefaultTag, withTag } from '../../../src/engine/images/reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseReference', () => {
  it.each([
    ['busybox', 'docker.io/library/busybox', 'busybox'],
    ['docker.io/library/busybox', 'docker.io/library/busybox', 'busybox'],
    ['index.docker.io/busybox', 'docker.io/library/busybox', 'busybox'],
    ['me/app', 'docker.io/me/app', 'me/app'],
    ['localhost/app', 'localhost/app', 'localhost/app'],
    ['127.0.0.1:5000/library/x', '127.0.0.1:5000/library/x', '127.0.0.1:5000/library/x'],
    ['ghcr.io/a/b/c', 'ghcr.io/a/b/c', 'ghcr.io/a/b/c'],
    ['[::1]:5000/x', '[::1]:5000/x', '[::1]:5000/x'],
  ])('%s', (text, full, familiar) => {
    const reference = parseReference(text);
    expect(fullName(reference)).toBe(full);
    expect(familiarString(reference)).toBe(familiar);
  });

  it('reads tags and digests, and defaults to latest', () => {
    expect(parseReference('a/b:1.0')).toEqual({ domain: 'docker.io', path: 'a/b', tag: '1.0' });
    expect(parseReference(`host:1/b:1.0@${DIGEST}`)).toEqual({ domain: 'host:1', path: 'b', tag: '1.0', digest: DIGEST });
    expect(fullString(withDefaultTag(parseReference('x')))).toBe('docker.io/library/x:latest');
    expect(withDefaultTag(parseReference(`x@${DIGEST}`)).tag).toBeUndefined();
  });

  it.each(['', ':latest', 'a//b', '/a', 'a/', 'a:b:c', '-a', 'a@sha256:1', 'a..b', 'a b', 'host:port/x', 'a/../b'])(
    'refuses %j',
    (text) => {
      expect(() => parseReference(text)).toThrow(/invalid reference format/);
    },
  );

  it('says what dockerd says', () => {
    expect(() => parseReference('BusyBox')).toThrow('invalid reference format: repository name (library/BusyBox) must be lowercase');
    expect(() => parseReference('a'.repeat(64))).toThrow('cannot specify 64-byte hexadecimal strings');
    expect(() => withTag(parseReference('a'), 'no tag')).toThrow('invalid tag format');
    expect(withTag(parseReference('a'), DIGEST).digest).toBe(DIGEST);
  });

  it('gives back what it understood', () => {
    const part = fc.stringMatching(/^[a-z0-9]+([._-][a-z0-9]+)?$/).filter((text) => text.length < 30 && !/^[0-9a-f]{64}$/.test(text));
    fc.assert(
      fc.property(part, part, fc.stringMatching(/^\w[\w.-]{0,20}$/), (user, name, tag) => {
        const text = `${user}/${name}:${tag}`;
        expect(parseReference(familiarString(parseReference(text)))).toEqual(parseReference(text));
      }),
    );
  });
});
