import { posix, win32 } from 'node:path';
import type { Platform } from '../host/platform.ts';

/** How to reach us again, for the lines we tell the user to type. */
export interface InvocationFacts {
  readonly platform: Platform;
  /** The Node binary. */
  readonly execPath: string;
  /** The script as Node was given it: a link in a bin folder, or the launcher itself. */
  readonly script: string;
  /** Real path of a file, or undefined when there is none. */
  realPath(path: string): string | undefined;
}

const NAME = 'tsmachine';

/**
 * Node hides what was typed and gives an absolute path. When the shell would find the very same file by its bare name, that
 * name is what was meant; `npx` puts us on its own PATH only, so it stays `npx tsmachine`; else the absolute path.
 */
export function invocationWords(facts: InvocationFacts): string[] {
  const { platform, script } = facts;
  const rules = platform.os === 'win32' ? win32 : posix;
  const base = rules.basename(script);
  if (isRunByNpx(platform)) return ['npx', NAME];
  const target = facts.realPath(script) ?? script;
  if (platform.os === 'win32') return windowsWords(facts, target);
  const onPath = searchPath(platform)
    .map((folder) => `${folder}/${base}`)
    .find((path) => facts.realPath(path) !== undefined);
  if (onPath !== undefined && facts.realPath(onPath) === target) return [base];
  return base.endsWith('.cjs') ? [facts.execPath, script] : [script];
}

/** npm tells its children what it runs; a child of such a child has the same environment but is not what npx was asked for. */
function isRunByNpx({ env }: Platform): boolean {
  return env.npm_lifecycle_event === 'npx' && /^["']?tsmachine["']?(\s|$)/.test(env.npm_lifecycle_script ?? '');
}

/** npm's command shims run the launcher by its own path: look for a shim on PATH that lies above it. */
function windowsWords({ platform, execPath, script, realPath }: InvocationFacts, target: string): string[] {
  if (/\.exe$/i.test(script)) {
    const base = win32.basename(script);
    const onPath = searchPath(platform).find((folder) => realPath(win32.join(folder, base)) === target);
    return [onPath === undefined ? script : win32.basename(base, '.exe')];
  }
  const shim = searchPath(platform).find((folder) => realPath(win32.join(folder, `${NAME}.cmd`)) !== undefined && isShimOf(folder, target));
  return shim === undefined ? [execPath, script] : [NAME];
}

function isShimOf(folder: string, target: string): boolean {
  const base = win32.basename(folder).toLowerCase() === '.bin' ? win32.dirname(folder) : win32.join(folder, 'node_modules');
  return target.toLowerCase().startsWith(win32.join(base, NAME).toLowerCase());
}

function searchPath(platform: Platform): string[] {
  const path = platform.env.PATH ?? platform.env.Path ?? '';
  return path.split(platform.os === 'win32' ? ';' : ':').filter((folder) => folder !== '');
}
