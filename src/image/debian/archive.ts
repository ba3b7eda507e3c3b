import { MachineError, messageOf } from '../../core/errors.ts';
import type { ProcessRunner } from '../../host/process-runner.ts';
import type { ArchiveName } from './package-index.ts';
import { checkFile, type Release, verifyRelease } from './release-index.ts';

/** Base URLs (with `dists/` and `pool/` below them), without a trailing slash. */
export type Mirrors = Readonly<Record<ArchiveName, string>>;

export interface ArchiveAccess {
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The mirrors out of apt's own configuration (needs no root and no `apt-get update`), or `mirror` and, for security updates,
 * `<mirror>-security`. Throws `IMAGE_NO_MIRROR` on hosts without apt.
 */
export async function findMirrors(mirror: string | undefined, runner: ProcessRunner): Promise<Mirrors> {
  if (mirror !== undefined) return withSecurity(mirror);
  const format = '$(SITE) $(RELEASE) $(COMPONENT) $(ORIGIN)';
  const targets = await runner
    .run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], { allowFailure: true })
    .catch(() => undefined);
  const rows = (targets?.stdout ?? '').split('\n').map((line) => line.split(' '));
  // Other vendors' archives have other components; Debian's derivatives name themselves where the index was fetched.
  const debian = rows.filter(
    ([site, , component, origin]) => site && component === 'main' && (!origin || origin === 'Debian') && !/ubuntu/i.test(site),
  );
  const main = debian.find(([, release]) => !release?.includes('-'))?.[0];
  const security = debian.find(([, release]) => release?.endsWith('-security'))?.[0];
  if (main === undefined)
    throw new MachineError('IMAGE_NO_MIRROR', 'expected a Debian mirror in apt’s configuration, found none', {
      hint: 'name one: tsmachine image build --mirror URL',
    });
  return security === undefined ? withSecurity(main) : { main: trim(main), security: trim(security) };
}

const trim = (url: string): string => url.replace(/\/+$/, '');
const withSecurity = (mirror: string): Mirrors => ({ main: trim(mirror), security: `${trim(mirror)}-security` });

/** GET, whole body. Throws `IMAGE_DOWNLOAD_FAILED` naming the URL. */
export async function download(url: string, access: ArchiveAccess, tries = 3): Promise<Buffer> {
  try {
    const response = await access.fetch(url, access.signal ? { signal: access.signal } : {});
    if (response.ok) return Buffer.from(await response.arrayBuffer());
    await response.body?.cancel();
    if (response.status < 500) throw new MachineError('IMAGE_DOWNLOAD_FAILED', `expected ${url}, found HTTP ${response.status}`);
    throw new Error(`HTTP ${response.status}`);
  } catch (error) {
    if (access.signal?.aborted) throw access.signal.reason;
    if (error instanceof MachineError) throw error;
    if (tries > 1) return download(url, access, tries - 1);
    const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
    throw new MachineError('IMAGE_DOWNLOAD_FAILED', `cannot download ${url}: ${messageOf(error)}${cause}`, { cause: error });
  }
}

/** A suite's signed release and its (verified, still compressed) amd64 Packages.xz. */
export async function fetchIndex(
  base: string,
  suite: string,
  keys: readonly string[],
  now: Date,
  access: ArchiveAccess,
): Promise<{ release: Release; packagesXz: Buffer }> {
  const folder = `${base}/dists/${suite}`;
  const release = await verifyRelease((await download(`${folder}/InRelease`, access)).toString('utf8'), keys, now);
  const name = 'main/binary-amd64/Packages.xz';
  const expected = release.files.get(name);
  if (expected === undefined) throw new MachineError('IMAGE_BAD_INDEX', `expected ${name} in the release of ${suite}, found none`);
  // by hash, so that an update of the mirror between the two downloads cannot tear them apart
  const packagesXz = await download(`${folder}/main/binary-amd64/by-hash/SHA256/${expected.sha256}`, access);
  checkFile(`${suite} ${name}`, packagesXz, expected);
  return { release, packagesXz };
}
