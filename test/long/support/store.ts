/** A store of a test's own with the built CLI and a docker CLI for it. TSMACHINE_LAUNCHER names another build than dist. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Guest, GuestUser, Outcome } from './guest.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
export const LAUNCHER = process.env.TSMACHINE_LAUNCHER ?? join(ROOT, 'dist/bin/tsmachine.cjs');

export class LongStore {
  readonly path = mkdtempSync(join(tmpdir(), 'tsm-long-'));
  private readonly docker = execFileSync(process.execPath, [join(ROOT, 'scripts/docker-cli.mjs'), '--unpacked'], {
    encoding: 'utf8',
  }).trim();

  get env(): NodeJS.ProcessEnv {
    const { DOCKER_HOST: _, SSH_AUTH_SOCK: __, NODE_EXTRA_CA_CERTS: ___, ...env } = process.env;
    return { ...env, MACHINE_STORAGE_PATH: this.path, HOME: this.path, SHELL: '/bin/bash' };
  }

  /** Runs tsmachine; never throws. */
  cli(...words: string[]): Promise<Outcome> {
    return outcome(process.execPath, [LAUNCHER, ...words], this.env);
  }

  /** Runs tsmachine and throws with its output when it fails; both streams are returned. */
  async must(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.cli(...words);
    if (code !== 0) throw new Error(`tsmachine ${words.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
    return stdout + stderr;
  }

  /** `create -d generic` of that guest, logging in as `user`. */
  createWords(guest: Guest, name: string, user: GuestUser, ...more: string[]): string[] {
    const place = [
      '--generic-ip-address',
      guest.host,
      '--generic-ssh-port',
      `${guest.sshPort}`,
      '--generic-engine-port',
      `${guest.enginePort}`,
    ];
    return ['create', '-d', 'generic', ...place, '--generic-ssh-user', user, '--generic-ssh-key', guest.keyPath, ...more, name];
  }

  /** The unmodified docker CLI on a machine, by `tsmachine env`; throws with its output when it fails. */
  async onMachine(machine: string, ...words: string[]): Promise<string> {
    const lines = await this.must('env', '--shell', 'bash', machine);
    const pairs = [...lines.matchAll(/^export (\w+)="(.*)"$/gm)].map(([, name, value]) => [name, value]);
    const { code, stdout, stderr } = await outcome(this.docker, words, { ...this.env, ...Object.fromEntries(pairs) });
    if (code !== 0) throw new Error(`docker ${words.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  text(machine: string, file: string): string {
    return readFileSync(join(this.path, 'machines', machine, file), 'utf8');
  }

  edit(machine: string, file: string, change: (text: string) => string): void {
    writeFileSync(join(this.path, 'machines', machine, file), change(this.text(machine, file)));
  }

  async close(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

function outcome(file: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((done) => {
    const child = execFile(file, words, { env, maxBuffer: 1 << 26, encoding: 'utf8' }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 128, stdout, stderr }),
    );
    child.stdin?.end();
  });
}
