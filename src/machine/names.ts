import { MachineError } from '../core/errors.ts';

/** docker-machine's rule, and no longer than a file name may be. Throws INVALID_NAME in its words. */
export function checkName(name: string): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9\-.]*$/.test(name) || name.length > 200)
    throw new MachineError(
      'INVALID_NAME',
      'Error creating machine: Invalid hostname specified. Allowed hostname chars are: 0-9a-zA-Z . -',
      {
        hint: `found ${JSON.stringify(name)}; the first character is a letter or digit, and 200 are the most`,
      },
    );
}

/** Whether a name given to another command can be a machine's at all: never a path that leaves the store. */
export function isPlainName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\\\0]/.test(name);
}

/** Throws nothing: the error for a machine that is not in the store, in docker-machine's words. */
export function notFound(name: string): MachineError {
  return new MachineError(
    'MACHINE_NOT_FOUND',
    `Docker machine ${JSON.stringify(name)} does not exist. Use "tsmachine ls" to list machines. Use "tsmachine create" to add a new one.`,
  );
}
