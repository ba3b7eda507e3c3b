import { MachineError } from '../core/errors.ts';
import type { RemoteShell } from '../ssh/remote-shell.ts';
import type { InitScript } from './openrc-conf.ts';
import { type Distribution, distributionOf } from './os-release.ts';
import { ENGINE_FACTS_SCRIPT, FACTS_SCRIPT } from './scripts/facts.ts';

/** What a machine is, as its login user sees it. */
export interface Facts {
  readonly distribution: Distribution;
  /** `x86_64`, as uname says it. */
  readonly arch: string;
  readonly kernel: string;
  readonly user: string;
  /** How this user becomes root. */
  readonly privilege: 'root' | 'sudo' | 'password' | 'none';
  /** `systemd`, `openrc`, or the name of whatever else process 1 is. */
  readonly init: string;
  readonly libc: 'glibc' | 'musl';
}

/** What lies in the engine's places, as root sees it. */
export interface EngineFacts {
  /** Path of dockerd, when there is one. */
  readonly program: string | undefined;
  /** `20.10.24+dfsg1`; '' when the program does not say. */
  readonly version: string;
  /** Package managers that are there, by program. */
  readonly tools: readonly string[];
  /** File system of /var/lib/docker, as `stat -f` names it. */
  readonly fileSystem: string;
  /** daemon.json's text; undefined when there is none. */
  readonly daemonJson: string | undefined;
  /** Of OpenRC; `tsmachine`: our engine's, which leaves with it; undefined when there is none. */
  readonly initScript: InitScript | 'tsmachine' | undefined;
  /** Text of the file that an init script takes options from; '' when there is none. */
  readonly optionsFile: string;
  /** Drop-ins of docker.service that set ExecStart. */
  readonly dropIns: readonly string[];
}

/** One round trip. Throws `NOT_LINUX`. */
export async function readFacts(shell: RemoteShell): Promise<Facts> {
  const facts = await keyValues(shell, FACTS_SCRIPT);
  if (facts.one('system') !== 'Linux')
    throw new MachineError('NOT_LINUX', `expected a Linux machine, found ${JSON.stringify(facts.one('system'))}`);
  return {
    distribution: distributionOf(facts.all('os-release').join('\n')),
    arch: facts.one('arch'),
    kernel: facts.one('kernel'),
    user: facts.one('user'),
    privilege: facts.one('privilege') as Facts['privilege'],
    init: facts.one('init'),
    libc: facts.one('libc') === 'musl' ? 'musl' : 'glibc',
  };
}

/** One round trip. */
export async function readEngineFacts(root: RemoteShell): Promise<EngineFacts> {
  const facts = await keyValues(root, ENGINE_FACTS_SCRIPT);
  return {
    program: facts.one('engine-program') || undefined,
    version: /version ([^\s,]+)/.exec(facts.one('engine-version'))?.[1] ?? '',
    tools: facts.all('tool'),
    fileSystem: facts.one('root-filesystem'),
    daemonJson: facts.one('daemon-json-there') === 'yes' ? facts.all('daemon-json').join('\n') : undefined,
    initScript: (facts.one('init-script') || undefined) as EngineFacts['initScript'],
    optionsFile: facts
      .all('options-file')
      .map((line) => `${line}\n`)
      .join(''),
    dropIns: facts.all('drop-in'),
  };
}

async function keyValues(shell: RemoteShell, script: string) {
  const { exitCode, stdout, stderr } = await shell.run(['sh', '-c', script]);
  const values = stdout.split('\n').flatMap((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
  });
  if (exitCode !== 0)
    throw new MachineError(
      'PROVISION_FAILED',
      `the machine could not be looked at (exit ${exitCode}): ${stderr.trim() || 'it said nothing'}`,
    );
  const all = (key: string) => values.filter(([name]) => name === key).map(([, value]) => value);
  return { all, one: (key: string) => all(key)[0] ?? '' };
}
