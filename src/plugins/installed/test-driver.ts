import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MachineError, messageOf } from '../../core/errors.ts';
import type { CheckResult } from '../../driver/kit/index.ts';
import type { TestedSubject } from '../isolated/description.ts';
import { DriverThread, type ThreadData } from '../isolated/driver-thread.ts';
import type { PluginHost } from '../plugin-host.ts';
import { absoluteSource, packageIn, runNpm } from './npm.ts';
import { driverPlace } from './places.ts';

/** What a driver's package.json may say to us. */
interface PackageJson {
  readonly name?: string;
  readonly main?: string;
  readonly exports?: unknown;
  readonly tsmachine?: { readonly subject?: string };
}

/**
 * Runs the conformance kit against a driver in a folder (with the subject its package.json names as `tsmachine.subject`), or against a
 * package or tarball, which npm brings for as long as it takes. A driver that ends or blocks its thread fails the check under way.
 */
export async function testDriver(
  source: string,
  flags: readonly string[],
  host: PluginHost,
  signal: AbortSignal,
  onResult: (result: CheckResult) => void,
): Promise<void> {
  const folder = resolve(source);
  if (existsSync(folder) && statSync(folder).isDirectory()) return testFolder(folder, flags, host, signal, onResult);
  const place = driverPlace(await mkdtemp(join(tmpdir(), 'tsmachine-driver-')));
  try {
    await runNpm(absoluteSource(source), place, host, signal);
    const { name } = await packageIn(place, source);
    await testIn({ from: place.from, module: name }, name, { flags }, host, signal, onResult);
  } finally {
    await rm(place.dir, { recursive: true, force: true });
  }
}

async function testFolder(
  folder: string,
  flags: readonly string[],
  host: PluginHost,
  signal: AbortSignal,
  onResult: (result: CheckResult) => void,
): Promise<void> {
  const from = join(folder, 'package.json');
  const found = await readPackage(from);
  const { name = 'driver', main = 'index.js', tsmachine } = found;
  const module = found.exports === undefined ? pathToFileURL(join(folder, main)).href : name;
  const subject = tsmachine?.subject === undefined ? { flags } : { module: pathToFileURL(join(folder, tsmachine.subject)).href };
  await testIn({ from, module }, name, subject, host, signal, onResult);
}

async function readPackage(path: string): Promise<PackageJson> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as PackageJson;
  } catch (error) {
    throw new MachineError('DRIVER_INVALID', `expected the package.json of a driver: ${messageOf(error)}`);
  }
}

async function testIn(
  place: Pick<ThreadData, 'from' | 'module'>,
  name: string,
  subject: TestedSubject,
  host: PluginHost,
  signal: AbortSignal,
  onResult: (result: CheckResult) => void,
): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'tsmachine-driver-')); // a driver that ends its thread leaves the kit's files
  const env = { ...host.platform.env, TMPDIR: scratch, TEMP: scratch, TMP: scratch };
  const thread = new DriverThread(name, place, { log: host.log, platform: { ...host.platform, env } });
  const stop = () => void thread.end(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  let begun: string | undefined;
  try {
    await thread.root.test(
      subject,
      (check) => {
        begun = check;
      },
      (result) => {
        begun = undefined;
        onResult(result);
      },
    );
  } catch (error) {
    signal.throwIfAborted();
    if (begun === undefined) throw error;
    onResult({ name: begun, rule: 'the driver goes on', outcome: 'failed', reason: messageOf(error) });
  } finally {
    signal.removeEventListener('abort', stop);
    await thread.end();
    await rm(scratch, { recursive: true, force: true });
  }
}
