import { Readable } from 'node:stream';
import { MachineError } from '../core/errors.ts';
import { hide } from '../core/redaction.ts';
import type { RemoteShell } from '../ssh/remote-shell.ts';
import type { Facts } from './facts.ts';
import type { Workplace } from './guest.ts';

/**
 * The machine's shell as root. A password is asked for once, goes to sudo over stdin and nowhere else. Throws `SUDO` when there
 * is no way to become root, or nobody to ask.
 */
export async function rootShell(place: Workplace, { privilege, user }: Pick<Facts, 'privilege' | 'user'>): Promise<RemoteShell> {
  if (privilege === 'root') return place.shell;
  if (privilege === 'none')
    throw new MachineError('SUDO', `user ${user} is not root, and the machine has no sudo`, {
      hint: 'log in as root, or install sudo there and let the user run everything',
    });
  if (privilege === 'sudo') return prefixed(place.shell, ['sudo', '-n', '--']);
  return withPassword(place.shell, await askPassword(place, user));
}

function prefixed(shell: RemoteShell, before: readonly string[]): RemoteShell {
  return { run: (words, options) => shell.run([...before, ...words], options) };
}

/**
 * sudo takes the password's line only when it wants one, so whatever follows is kept apart by a line of its own: a password that
 * was not taken never becomes a command's input.
 */
function withPassword(shell: RemoteShell, password: string): RemoteShell {
  const skip = `while IFS= read -r line; do [ "$line" = ${END_OF_PASSWORD} ] && exec "$@"; done; exit 1`;
  const before = [...SUDO, 'sh', '-c', skip, 'sh'];
  const head = Buffer.from(`${password}\n${END_OF_PASSWORD}\n`);
  return {
    run: (words, { input, ...options } = {}) =>
      shell.run([...before, ...words], {
        ...options,
        input: input instanceof Readable ? after(head, input) : Buffer.concat([head, input ?? NOTHING]),
      }),
  };
}

/** Never with a password that was given before: it reads stdin then, or not at all. */
const SUDO = ['sudo', '-k', '-S', '-p', '', '--'];
const END_OF_PASSWORD = 'tsmachine-end-of-password';
const NOTHING = new Uint8Array();

function after(head: Buffer, input: Readable): Readable {
  return Readable.from(
    (async function* () {
      yield head;
      yield* input;
    })(),
  );
}

/** Asks until sudo takes the answer, three times at most. */
async function askPassword(place: Workplace, user: string): Promise<string> {
  for (let tries = 0; tries < 3; tries++) {
    const password = await place.ask?.({ text: `sudo password of ${user}: `, secret: true });
    if (password === undefined)
      throw new MachineError('SUDO', `sudo wants a password of user ${user}, and there is nobody to ask`, {
        hint: 'run this on a terminal, log in as root, or give the user NOPASSWD in sudoers',
      });
    hide(password);
    const { exitCode, stderr } = await place.shell.run([...SUDO, 'true'], { input: Buffer.from(`${password}\n`) });
    if (exitCode === 0) return password;
    if (!/try again|incorrect password|no password was provided/i.test(stderr))
      throw new MachineError('SUDO', `user ${user} does not become root: ${stderr.trim() || `sudo ended with exit code ${exitCode}`}`);
    place.log.warn('sudo does not take this password.');
  }
  throw new MachineError('SUDO', `sudo took none of three passwords of user ${user}`);
}
