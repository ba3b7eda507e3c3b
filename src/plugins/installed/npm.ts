import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { MachineError } from '../../core/errors.ts';
import type { Platform } from '../../host/platform.ts';
import type { PluginHost } from '../plugin-host.ts';
import type { DriverPlace } from './places.ts';

/** What is a path for npm, and what is there, is made absolute: npm runs in another folder, and the same words shall install it again. */
export function absoluteSource(source: string): string {
  if (source.startsWith('-')) throw new MachineError('USAGE', `Expected a package, a tarball or a folder, found ${JSON.stringify(source)}`);
  const isPath = /^(\.{0,2}[\\/]|\.{1,2}$|~\/|[A-Za-z]:\\)/.test(source) || /\.(tgz|tar\.gz)$/.test(source);
  if (!isPath || /^https?:/.test(source)) return source;
  const path = resolve(source);
  if (existsSync(path)) return path;
  throw new MachineError('INSTALL_FAILED', `${source}: expected a tarball or a folder, found nothing`);
}

const NPM_OPTIONS = [
  ...['--ignore-scripts', '--omit=dev', '--omit=peer', '--legacy-peer-deps', '--install-links'],
  ...['--no-audit', '--no-fund', '--no-package-lock', '--no-update-notifier', '--loglevel=error'],
];

/** Brings a package into a new folder, without running any of its scripts. Throws `INSTALL_FAILED` with npm's words. */
export async function runNpm(
  source: string,
  place: DriverPlace,
  { platform, runner, log }: PluginHost,
  signal: AbortSignal,
): Promise<void> {
  await writeFileAtomic(place.from, '{ "private": true }\n');
  log.info(`Installing ${source} with npm...`);
  const [program, ...before] = npmProgram(platform);
  const run = { cwd: place.dir, signal, allowFailure: true } as const;
  const { exitCode, stderr } = await runner.run(program, [...before, 'install', ...NPM_OPTIONS, '--', source], run);
  if (exitCode === 0) return;
  const words = stderr
    .replace(/^npm (error|ERR!) ?/gm, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/complete log|^\s*\//.test(line));
  throw new MachineError('INSTALL_FAILED', `npm could not install ${source}: ${words.slice(0, 4).join('; ')}`);
}

/** On Windows npm is a script for cmd, which is no program to start: its own file is run instead. */
function npmProgram({ os }: Platform): [string, ...string[]] {
  if (os !== 'win32') return ['npm'];
  return [process.execPath, join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js')];
}

/** Name and version of what `runNpm` brought. */
export async function packageIn(place: DriverPlace, source: string): Promise<{ name: string; version: string }> {
  const { dependencies = {} } = JSON.parse(await readFile(place.from, 'utf8')) as { dependencies?: Record<string, string> };
  const [name] = Object.keys(dependencies);
  if (name === undefined) throw new MachineError('INSTALL_FAILED', `npm installed nothing of ${source}`);
  const { version = '' } = JSON.parse(await readFile(join(place.modules, name, 'package.json'), 'utf8')) as { version?: string };
  return { name, version };
}
