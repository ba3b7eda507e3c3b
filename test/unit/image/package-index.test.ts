import { describe, expect, it } from 'vitest';
import { dependencyClosure } from '../../../src/image/debian/dependency-closure.ts';
import { parsePackages } from '../../../src/image/debian/package-index.ts';

const paragraph = (fields: Record<string, string>): string =>
  Object.entries({ Version: '1', Filename: `pool/${fields.Package}.deb`, Size: '10', SHA256: 'a'.repeat(64), ...fields })
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');

const index = (...packages: Record<string, string>[]) => parsePackages(packages.map(paragraph).join('\n'), 'main');
const names = (packages: readonly { name: string }[]) => packages.map(({ name }) => name);

describe('parsePackages', () => {
  it('reads names out of relations with versions, architectures and alternatives', () => {
    const found = index({
      Package: 'p',
      'Pre-Depends': 'libc6:any (>= 2.38)',
      Depends: 'a (= 1) | b [amd64], c',
      Provides: 'v (= 2), w',
    }).get('p');
    expect(found).toMatchObject({ depends: [['libc6'], ['a', 'b'], ['c']], provides: ['v', 'w'], size: 10, archive: 'main' });
  });

  it('does not take a continuation line for a field', () => {
    const text = `${paragraph({ Package: 'p', Description: 'short' })} Depends: evil\n Package: other\n`;
    expect([...parsePackages(text, 'main').keys()]).toEqual(['p']);
    expect(parsePackages(text, 'main').get('p')?.depends).toEqual([]);
  });

  it('keeps the higher version whichever archive comes last', () => {
    const main = index({ Package: 'p', Version: '1.0-1' });
    const both = parsePackages(paragraph({ Package: 'p', Version: '1.0-1+deb13u2' }), 'security', main);
    expect(both.get('p')).toMatchObject({ version: '1.0-1+deb13u2', archive: 'security' });
    expect(parsePackages(paragraph({ Package: 'p', Version: '0.9' }), 'main', both).get('p')?.archive).toBe('security');
  });
});

describe('dependencyClosure', () => {
  const none = new Set<string>();

  it('follows dependencies once, also in circles, sorted by name', () => {
    const packages = index({ Package: 'z', Depends: 'a' }, { Package: 'a', Depends: 'm, z' }, { Package: 'm' }, { Package: 'unused' });
    expect(names(dependencyClosure(packages, ['z'], none))).toEqual(['a', 'm', 'z']);
  });

  it('takes the first alternative that exists, or the one that is chosen already', () => {
    const packages = index({ Package: 'p', Depends: 'gone | x | y' }, { Package: 'x' }, { Package: 'y' });
    expect(names(dependencyClosure(packages, ['p'], none))).toEqual(['p', 'x']);
    expect(names(dependencyClosure(packages, ['y', 'p'], none))).toEqual(['p', 'y']);
  });

  it('finds what only another package provides', () => {
    const packages = index({ Package: 'p', Depends: 'virtual' }, { Package: 'real', Provides: 'virtual' });
    expect(names(dependencyClosure(packages, ['p'], none))).toEqual(['p', 'real']);
  });

  it('leaves out what is skipped, with all that only it needs', () => {
    const packages = index(
      { Package: 'p', Depends: 'debconf, q' },
      { Package: 'debconf', Depends: 'perl' },
      { Package: 'perl' },
      { Package: 'q' },
    );
    expect(names(dependencyClosure(packages, ['p'], new Set(['debconf'])))).toEqual(['p', 'q']);
  });

  it('names the package that is missing and who wants it', () => {
    expect(() => dependencyClosure(index({ Package: 'p', Depends: 'lost' }), ['p'], none)).toThrow('expected package lost (for p)');
  });
});
