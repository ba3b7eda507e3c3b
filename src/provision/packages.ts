import { MachineError } from '../core/errors.ts';
import type { RemoteResult } from '../ssh/remote-shell.ts';
import { type PackageManager, packageManager } from './families.ts';
import type { Guest } from './guest.ts';
import { reasonOf, remoteFailure } from './reason.ts';
import { PACKAGES_SCRIPT } from './scripts/packages.ts';

/** For another package manager to end, milliseconds: an upgrade of a whole system takes minutes. */
const LOCK_TIMEOUT = 600_000;
const LOCK_POLL = 3000;

type PackageState = { readonly state: 'absent' | 'unfinished' } | { readonly state: 'installed'; readonly version: string };

/** A guest's package manager. Every method throws `PACKAGES` with its words, and waits while another process holds its lock. */
export class Packages {
  private readonly guest: Guest;
  private readonly manager: PackageManager;
  private readonly program: string;

  /** Throws `PACKAGES` where the family's package manager is not there. */
  constructor(guest: Guest) {
    const { manager, match } = guest.family;
    if (manager === 'none') throw new MachineError('PACKAGES', `${match[0]} has no package manager`);
    this.guest = guest;
    this.manager = packageManager(manager);
    const program = this.manager.programs.find((name) => guest.engine.tools.includes(name));
    if (program === undefined)
      throw new MachineError(
        'PACKAGES',
        `expected ${this.manager.programs.join(' or ')} on ${guest.facts.distribution.title}, found neither`,
      );
    this.program = program;
  }

  async state(name: string): Promise<PackageState> {
    const { exitCode, stdout } = await this.guest.root.run(this.words(this.manager.installed, name));
    if (exitCode !== 0) return { state: 'absent' };
    if (this.manager.unfinished !== undefined && new RegExp(this.manager.unfinished).test(stdout)) return { state: 'unfinished' };
    const version = new RegExp(this.manager.installedAs).exec(stdout)?.[1];
    return version === undefined ? { state: 'absent' } : { state: 'installed', version: version.trim() };
  }

  async refresh(): Promise<void> {
    await this.run(this.manager.refresh, '', this.manager.refreshedInPart);
  }

  async isAvailable(name: string): Promise<boolean> {
    const { exitCode, stdout } = await this.attempt(this.manager.available, name);
    return exitCode === 0 && stdout.trim() !== '';
  }

  /** A package as `install` takes it, of a version that begins with the one given. */
  async pinned(name: string, wanted: string): Promise<string> {
    const { pinned, versions } = this.manager;
    if (pinned === undefined)
      throw new MachineError('PACKAGES', `${this.program} installs the newest version only, --engine-version ${wanted} was asked for`, {
        hint: 'leave --engine-version out',
      });
    const version = versions === undefined ? wanted : await this.matching(versions, name, wanted);
    return pinned.replace('{package}', name).replace('{version}', version);
  }

  async install(names: readonly string[]): Promise<void> {
    await this.run([...this.manager.install, ...names]);
  }

  async upgrade(names: readonly string[]): Promise<void> {
    await this.run([...this.manager.upgrade, ...names]);
  }

  /** The newest version that is the one wanted or a build of it; epochs (`5:`) are left out of the comparison. */
  private async matching(list: readonly string[], name: string, wanted: string): Promise<string> {
    const { stdout } = await this.run(list, name);
    const all = stdout.split('\n').flatMap((line) => line.split('|')[1]?.trim() || []);
    const found = all.find((version) => {
      const bare = version.replace(/^\d+:/, '');
      return version === wanted || bare === wanted || (bare.startsWith(wanted) && /^[^0-9A-Za-z]/.test(bare.slice(wanted.length)));
    });
    if (found !== undefined) return found;
    throw new MachineError('PACKAGES', `there is no version ${wanted} of ${name}`, {
      hint: `there are: ${all.slice(0, 8).join(', ') || 'none'}`,
    });
  }

  private async run(template: readonly string[], name = '', enough?: string): Promise<RemoteResult> {
    const result = await this.attempt(template, name);
    if (result.exitCode === 0 || says(result, enough)) return result;
    const { interrupted, repair } = this.manager;
    if (repair && says(result, interrupted)) {
      this.guest.log.info('Finishing an interrupted installation of packages...');
      await this.attempt(repair, name);
      const again = await this.attempt(template, name);
      if (again.exitCode === 0) return again;
      throw this.failure(template, name, again);
    }
    throw this.failure(template, name, result);
  }

  /** Whatever the exit code, but for that of a held lock; 0 stands for all of success. */
  private async attempt(template: readonly string[], name: string): Promise<RemoteResult> {
    const { root, clock, log, signal } = this.guest;
    const words = ['sh', '-c', PACKAGES_SCRIPT, 'sh', ...this.words(template, name)];
    const { locked, succeeded = [] } = this.manager;
    const limit = clock.now() + LOCK_TIMEOUT;
    for (let told = false; ; told = true) {
      const result = await root.run(words);
      if (succeeded.includes(result.exitCode)) return { ...result, exitCode: 0 };
      if (result.exitCode === 0 || !says(result, locked)) return result;
      if (clock.now() > limit)
        throw new MachineError(
          'PACKAGES',
          `Failed to obtain lock: ${this.program} is held for ${LOCK_TIMEOUT / 60_000} minutes: ${reasonOf(result)}`,
          {
            hint: 'see which process on the machine installs packages, and try again when it has ended',
          },
        );
      if (!told) log.info('Waiting for another package manager on the machine...');
      await clock.sleep(LOCK_POLL, signal);
    }
  }

  private failure(template: readonly string[], name: string, result: RemoteResult): MachineError {
    return remoteFailure('PACKAGES', `Error running "${this.words(template, name).join(' ')}"`, result);
  }

  private words(template: readonly string[], name: string): string[] {
    return template.map((word) => (word === '{package}' ? name : word === '{program}' ? this.program : word));
  }
}

function says({ stdout }: RemoteResult, pattern: string | undefined): boolean {
  return pattern !== undefined && new RegExp(pattern).test(stdout);
}
