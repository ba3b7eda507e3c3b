import { PassThrough } from 'node:stream';
import { MachineError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { RemoteShell } from '../ssh/remote-shell.ts';
import { LOCK_SCRIPT } from './scripts/lock.ts';

/** Between two signs of life, milliseconds. */
const SIGN_OF_LIFE = 20_000;

/**
 * Runs `work` while nobody else sets this machine up, from whatever computer. The lock is a command on the machine that lives as
 * long as our connection: whoever dies lets go of it.
 */
export async function withRemoteLock<T>(root: RemoteShell, log: Logger, work: () => Promise<T>): Promise<T> {
  const input = new PassThrough();
  const locked = Promise.withResolvers<void>();
  let said = '';
  const holder = root.run(['sh', '-c', LOCK_SCRIPT], {
    input,
    onStdout(chunk) {
      said += chunk;
      if (said === 'waiting\n') log.info('Waiting for another one who sets this machine up...');
      if (said.endsWith('locked\n')) locked.resolve();
    },
  });
  holder.then(
    ({ exitCode, stderr }) =>
      locked.reject(
        new MachineError('PROVISION_FAILED', `the machine's lock cannot be had (exit ${exitCode}): ${stderr.trim() || 'it said nothing'}`),
      ),
    locked.reject,
  );
  const alive = setInterval(() => input.write('.'), SIGN_OF_LIFE);
  try {
    await locked.promise;
    return await work();
  } finally {
    clearInterval(alive);
    input.end();
    await holder.catch(() => {}); // whatever broke the connection, `work` has told
  }
}
