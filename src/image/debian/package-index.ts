import { compareVersions } from './version-order.ts';

/** A binary package as a Packages index tells it (deb822; Debian Policy 5.3). */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Pre-Depends and Depends: one group of alternatives each, names only. */
  readonly depends: readonly (readonly string[])[];
  readonly provides: readonly string[];
  /** Path below the archive's root. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** Which archive it comes from. */
  readonly archive: ArchiveName;
}

export type ArchiveName = 'main' | 'security';

/** Parses a Packages file. Where two versions of a name meet, in `into` or here, the higher one stays. */
export function parsePackages(
  text: string,
  archive: ArchiveName,
  into: Map<string, DebianPackage> = new Map(),
): Map<string, DebianPackage> {
  for (const paragraph of text.split('\n\n')) {
    const fields = new Map<string, string>();
    for (const line of paragraph.split('\n')) {
      const colon = line.indexOf(':');
      if (colon > 0 && !line.startsWith(' ')) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    const found = readPackage(fields, archive);
    const known = found && into.get(found.name);
    if (found && (known === undefined || compareVersions(found.version, known.version) > 0)) into.set(found.name, found);
  }
  return into;
}

function readPackage(fields: ReadonlyMap<string, string>, archive: ArchiveName): DebianPackage | undefined {
  const [name, version, path, sha256] = ['Package', 'Version', 'Filename', 'SHA256'].map((key) => fields.get(key));
  if (name === undefined || version === undefined || path === undefined || sha256 === undefined) return undefined;
  const relations = [fields.get('Pre-Depends'), fields.get('Depends')].flatMap((list) => list?.split(',') ?? []);
  return {
    name,
    version,
    path,
    sha256,
    archive,
    size: Number(fields.get('Size')),
    depends: relations.map((group) => group.split('|').map(relationName).filter(Boolean)).filter((group) => group.length > 0),
    provides: (fields.get('Provides')?.split(',') ?? []).map(relationName).filter(Boolean),
  };
}

/** ` libc6:any (>= 2.38) ` → `libc6` */
const relationName = (relation: string): string => relation.trim().split(/[\s(:[]/)[0] ?? '';
