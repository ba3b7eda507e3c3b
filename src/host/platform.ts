import { homedir } from 'node:os';

/** The computer the CLI runs on, injected so that every branch can be tested on Linux. */
export interface Platform {
  readonly os: NodeJS.Platform;
  readonly arch: NodeJS.Architecture;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
  /** Effective user id; undefined on Windows. */
  readonly uid: number | undefined;
}

export function thisPlatform(): Platform {
  return { os: process.platform, arch: process.arch, env: process.env, home: homedir(), uid: process.geteuid?.() };
}
