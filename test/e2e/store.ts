/** A store of a test's own, the CLI and a docker CLI on it. The boot image is built once and linked into each store. */
import { type ExecFileOptions, execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
/** TSMACHINE_LAUNCHER names another build than dist. */
export const LAUNCHER = process.env.TSMACHINE_LAUNCHER ?? join(ROOT, 'dist/bin/tsmachine.cjs');
const BUILT = resolve(LAUNCHER, '../../../.cache/test-store');

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

function run(file: string, args: readonly string[], options: ExecFileOptions): Promise<Outcome> {
  return new Promise((done) => {
    execFile(file, args, { ...options, maxBuffer: 1 << 26, encoding: 'utf8' }, (error, stdout, stderr) =>
      done({
        code: error === null ? 0 : typeof error.code === 'number' ? error.code : 128,
        stdout: String(stdout),
        stderr: String(stderr),
      }),
    );
  });
}

export class TestStore {
  readonly path = mkdtempSync(join(tmpdir(), 'tsm-store-'));
  readonly docker = execFileSync('node', [join(ROOT, 'scripts/docker-cli.mjs'), '--unpacked'], {
    encoding: 'utf8',
    cwd: ROOT,
  }).trim();

  private readonly mirrorUrl: string | undefined;

  constructor(mirrorUrl?: string) {
    this.mirrorUrl = mirrorUrl;
    execFileSync('node', [LAUNCHER, '--storage-path', BUILT, 'image', 'build', '--if-needed'], { cwd: ROOT, stdio: 'ignore' });
    mkdirSync(this.path, { recursive: true });
    execFileSync('cp', ['-al', join(BUILT, 'images'), join(this.path, 'images')]);
  }

  get env(): NodeJS.ProcessEnv {
    const { DOCKER_HOST: _, ...env } = process.env;
    return {
      ...env,
      MACHINE_STORAGE_PATH: this.path,
      SHELL: '/bin/bash',
      ...(this.mirrorUrl && { ENGINE_REGISTRY_MIRROR: this.mirrorUrl }),
    };
  }

  /** Runs tsmachine; never throws. */
  cli(...args: string[]): Promise<Outcome> {
    return run('node', [LAUNCHER, ...args], { env: this.env, cwd: ROOT });
  }

  /** The same by another program, which runs the words that follow its own. */
  cliBy(program: readonly string[], ...args: string[]): Promise<Outcome> {
    return run(program[0] ?? '', [...program.slice(1), 'node', LAUNCHER, ...args], { env: this.env, cwd: ROOT });
  }

  /** Runs tsmachine and throws with its output when it fails. */
  async must(...args: string[]): Promise<string> {
    const outcome = await this.cli(...args);
    if (outcome.code !== 0) throw new Error(`tsmachine ${args.join(' ')}: exit code ${outcome.code}\n${outcome.stdout}${outcome.stderr}`);
    return outcome.stdout;
  }

  /** A docker CLI's environment for a machine, from `tsmachine env`. */
  async dockerEnv(machine: string): Promise<NodeJS.ProcessEnv> {
    const lines = (await this.must('env', '--shell', 'bash', machine)).split('\n');
    const pairs = lines.flatMap((line) => [...line.matchAll(/^export (\w+)="(.*)"$/g)].map(([, name, value]) => [name, value]));
    return { ...this.env, ...Object.fromEntries(pairs) };
  }

  /** Runs the docker CLI against a machine; `timeout` in milliseconds kills it. */
  async on(machine: string, ...args: string[]): Promise<Outcome> {
    return this.withEnv(await this.dockerEnv(machine), ...args);
  }

  /** Runs the docker CLI at once, with what `dockerEnv` gave before. */
  withEnv(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Outcome> {
    return run(this.docker, args, { env });
  }

  file(machine: string, name: string): string {
    return join(this.path, 'machines', machine, name);
  }

  async close(): Promise<void> {
    const names = existsSync(join(this.path, 'machines')) ? (await this.cli('ls', '-q')).stdout.split('\n').filter(Boolean) : [];
    for (const name of names) await this.cli('rm', '-f', name);
    rmSync(this.path, { recursive: true, force: true });
  }
}
