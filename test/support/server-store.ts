/** A store of a test's own with the built program (dist; TSMACHINE_LAUNCHER names another build), for machines on servers of tests. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { KillableProgram } from './killed-commands.ts';
import type { ServerUser } from './server.ts';
import { temporaryFolder } from './temporary.ts';

const LAUNCHER = process.env.TSMACHINE_LAUNCHER ?? resolve(import.meta.dirname, '../../dist/bin/tsmachine.cjs');

export interface CliOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class ServerStore {
  readonly path = temporaryFolder();

  /** Starts with what another one holds. */
  copyOf(other: ServerStore): this {
    cpSync(other.path, this.path, { recursive: true });
    return this;
  }

  program(words: readonly string[]): KillableProgram {
    const { DOCKER_HOST: _, SSH_AUTH_SOCK: __, NODE_EXTRA_CA_CERTS: ___, ...env } = process.env;
    const own = { MACHINE_STORAGE_PATH: this.path, HOME: this.path, SHELL: '/bin/bash' };
    return { file: process.execPath, words: [LAUNCHER, ...words], env: { ...env, ...own }, cwd: this.path };
  }

  start(words: readonly string[]): ChildProcessWithoutNullStreams {
    const { file, words: all, env, cwd } = this.program(words);
    return spawn(file, [...all], { env, cwd, stdio: 'pipe' });
  }

  /** Runs tsmachine; `heard` gets all it has said whenever it said more. */
  async run(words: readonly string[], heard?: (said: string) => void): Promise<CliOutcome> {
    const child = this.start(words);
    child.stdin.end();
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
        heard?.(said.stdout + said.stderr);
      });
    const code = await new Promise<number | null>((done) => child.once('close', done));
    return { code, ...said };
  }

  /** Runs tsmachine and throws with its output when it fails; both streams are returned. */
  async must(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(words);
    if (code !== 0) throw new Error(`tsmachine ${words.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
    return stdout + stderr;
  }

  /** `create -d generic` of that server. */
  createWords(server: { host: string; port: number; keyPath: string }, name: string, user: ServerUser, ...more: string[]): string[] {
    const place = ['--generic-ip-address', server.host, '--generic-ssh-port', String(server.port), '--generic-ssh-key', server.keyPath];
    return ['create', '-d', 'generic', ...place, '--generic-ssh-user', user, ...more, name];
  }

  text(machine: string, file: string): string {
    return readFileSync(join(this.path, 'machines', machine, file), 'utf8');
  }
}
