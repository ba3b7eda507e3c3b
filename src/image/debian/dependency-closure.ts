import { MachineError } from '../../core/errors.ts';
import type { DebianPackage } from './package-index.ts';

/**
 * The named packages and all they depend on, sorted by name. Of alternatives the first that is already chosen, else the first
 * that exists. `skip` names what only maintainer scripts use, or what the image replaces: nothing runs those here.
 * Throws `IMAGE_NO_PACKAGE`.
 */
export function dependencyClosure(
  index: ReadonlyMap<string, DebianPackage>,
  names: readonly string[],
  skip: ReadonlySet<string>,
): DebianPackage[] {
  const providers = new Map<string, string[]>();
  for (const found of index.values()) {
    for (const virtual of found.provides) providers.set(virtual, [...(providers.get(virtual) ?? []), found.name]);
  }
  const candidates = (name: string): string[] => (index.has(name) ? [name] : [...(providers.get(name) ?? [])].sort());
  const chosen = new Map<string, DebianPackage>();
  const settled = (name: string): boolean =>
    skip.has(name) || chosen.has(name) || (providers.get(name) ?? []).some((one) => chosen.has(one));
  const add = (name: string, neededBy: string): void => {
    const found = index.get(candidates(name)[0] ?? '');
    if (found === undefined)
      throw new MachineError('IMAGE_NO_PACKAGE', `expected package ${name} (for ${neededBy}) in the archive, found none`);
    if (chosen.has(found.name) || skip.has(found.name)) return;
    chosen.set(found.name, found);
    for (const alternatives of found.depends) {
      if (alternatives.some(settled)) continue;
      const best = alternatives.find((one) => candidates(one).length > 0) ?? alternatives[0];
      if (best !== undefined) add(best, found.name);
    }
  };
  for (const name of names) add(name, 'the image');
  return [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
