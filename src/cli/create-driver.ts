import { isMachineError } from '../core/errors.ts';
import type { DriverDefinition } from '../driver/index.ts';
import { defaultDriver } from '../plugins/index.ts';
import type { Session } from './session.ts';

/**
 * `create`'s first pass over its words: each driver brings flags, so the driver must be known before they can be read. Looks
 * for -d and --driver, then $MACHINE_DRIVER, then takes the first driver usable here. Undefined only for `--help` where none is.
 */
export async function driverForCreate(session: Session, words: readonly string[]): Promise<{ driver?: DriverDefinition }> {
  const { platform } = session.input;
  const name = namedDriver(words) ?? platform.env.MACHINE_DRIVER;
  if (name) return { driver: await session.loadDriver(name, { flags: true }) };
  try {
    return { driver: await defaultDriver(platform, session.loadDriver) };
  } catch (error) {
    if (isMachineError(error) && words.some((word) => /^--?h(elp)?$/.test(word))) return {};
    throw error;
  }
}

function namedDriver(words: readonly string[]): string | undefined {
  for (const [at, word] of words.entries()) {
    if (word === '--') return undefined;
    const match = /^--?(?:driver|d)(?:=(.*))?$/s.exec(word);
    if (match) return match[1] ?? words[at + 1];
  }
  return undefined;
}
