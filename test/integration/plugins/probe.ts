/** The plugin of these tests, a Go program, compiled once for its source. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporaryFolder } from '../../support/temporary.ts';

const SOURCE = join(import.meta.dirname, 'probe/main.go');
const CACHE = resolve(import.meta.dirname, '../../../.cache/go-plugin');
/** Debian's; another Go that is on PATH is none of ours. */
const GO = '/usr/bin/go';

/** With the standard library alone, as Debian compiled it beforehand (other options would compile it anew, for a minute). */
function compiled(): string {
  const digest = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16);
  const program = join(CACHE, digest);
  if (existsSync(program)) return program;
  mkdirSync(CACHE, { recursive: true });
  const half = `${program}.${process.pid}`;
  const env = { PATH: '/usr/bin:/bin', HOME: CACHE, GOCACHE: join(CACHE, 'build'), GO111MODULE: 'off' };
  const { status, stderr, error } = spawnSync(GO, ['build', '-o', half, SOURCE], { env, encoding: 'utf8' });
  if (error || status !== 0)
    throw new Error(`expected ${GO} to compile the plugin (apt-get install golang-go), found: ${error?.message ?? stderr}`);
  renameSync(half, program);
  rmSync(join(CACHE, 'build'), { recursive: true, force: true });
  return program;
}

/** A folder for PATH with the plugin under `docker-machine-driver-NAME` for each name, and a count of what was started. */
export class Probe {
  readonly folder = temporaryFolder();
  /** Stands for the cloud: a file for each server. */
  readonly cloud = temporaryFolder();
  private readonly started = temporaryFolder();

  constructor(...names: string[]) {
    for (const name of names) symlinkSync(compiled(), join(this.folder, `docker-machine-driver-${name}`));
  }

  get environment(): Record<string, string> {
    return { PATH: `${this.folder}:/usr/bin:/bin`, PROBE_STARTED: this.started };
  }

  /** Process ids of all that were ever started. */
  all(): number[] {
    return readdirSync(this.started).map(Number);
  }

  alive(): number[] {
    return this.all().filter((pid) => existsSync(`/proc/${pid}/exe`));
  }

  servers(): string[] {
    return readdirSync(this.cloud).sort();
  }
}
