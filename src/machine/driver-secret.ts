import { basename } from 'node:path';
import { MachineError } from '../core/errors.ts';
import { hide } from '../core/redaction.ts';
import type { DriverDefinition } from '../driver/contract.ts';
import type { MachinePaths } from '../store/paths.ts';
import { readSecrets, type SecretSources } from '../store/secrets.ts';
import type { MachinesHost } from './host.ts';

/**
 * The value of a secret flag: of the create under way (`given`), else as the machine's folder has it; '' when it was not given.
 * Throws SECRET_UNSET when the environment no longer has what it had.
 */
export async function driverSecret(
  host: MachinesHost,
  machine: MachinePaths,
  { name: driver, flags }: DriverDefinition,
  flag: string,
  given: SecretSources | undefined,
): Promise<string> {
  if (!flags.some(({ name, secret }) => name === flag && secret)) throw new Error(`driver ${driver} has no secret flag ${flag}`);
  const source = (given ?? (await readSecrets(machine.secrets)))[flag];
  if (source === undefined) return '';
  const value = 'value' in source ? source.value : host.options.platform.env[source.env];
  if (value === undefined || value === '') {
    const variable = 'env' in source ? `$${source.env}` : 'a value';
    throw new MachineError(
      'SECRET_UNSET',
      `--${flag} of machine ${JSON.stringify(basename(machine.dir))}: expected ${variable} to be set, found nothing`,
      {
        hint: `set it as it was when the machine was made`,
      },
    );
  }
  hide(value);
  return value;
}
