/** The program as it is shipped: bundled, in a folder of the clone (so that it finds the Node binary npm brought). */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const ROOT = resolve(import.meta.dirname, '../../..');

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Options for Node itself. */
  readonly node?: readonly string[];
}

export class BuiltCli {
  readonly folder: string;
  readonly launcher: string;
  readonly store: string;

  constructor() {
    mkdirSync(join(ROOT, '.cache'), { recursive: true });
    this.folder = mkdtempSync(join(ROOT, '.cache/cli-'));
    this.launcher = join(this.folder, 'dist/bin/tsmachine.cjs');
    this.store = join(this.folder, 'store');
    const build = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), 'cli', join(this.folder, 'dist')], { encoding: 'utf8' });
    if (build.status !== 0) throw new Error(`the build failed: ${build.stderr}`);
  }

  environment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { PATH: process.env.PATH ?? '', HOME: this.folder, MACHINE_STORAGE_PATH: this.store, SHELL: '/bin/bash', ...extra };
  }

  async run(words: readonly string[], options: RunOptions = {}) {
    const child = this.start(words, options);
    child.stdin.end(options.input ?? '');
    const code = new Promise<number | null>((done) => child.once('close', done));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, stdout, stderr };
  }

  start(words: readonly string[], options: RunOptions = {}) {
    return spawn(process.execPath, [...(options.node ?? []), this.launcher, ...words], {
      env: this.environment(options.env),
      cwd: this.folder,
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 }); // one that was just killed may still write its compile cache
  }
}
