import { readFileSync } from 'node:fs';

declare const TSMACHINE_VERSION: string | undefined; // put in by the build
declare const TSMACHINE_REVISION: string | undefined;

/** `0.1.0, build 1a2b3c4d`; from the sources the revision is not known. */
export function versionText(): string {
  const version = typeof TSMACHINE_VERSION === 'string' ? TSMACHINE_VERSION : sourceVersion();
  return `${version}, build ${typeof TSMACHINE_REVISION === 'string' ? TSMACHINE_REVISION : 'HEAD'}`;
}

function sourceVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}
