import { MachineError } from '../core/errors.ts';
import { shellQuote } from '../core/shell-quote.ts';
import type { OpenRemoteShell, SshAccess } from '../ssh/index.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import { pinNotedKeys, sshConfigFile } from './ssh-files.ts';

/** ssh's own exit code for a connection that was not made or broke. */
const NO_CONNECTION = 255;

/**
 * A shell by the computer's own ssh client (--native-ssh=false), one connection for each command: also through a ProxyCommand.
 * Resolves when a first command has run. Throws `SSH_HOST_KEY`, `SSH_DENIED`, `SSH_FAILED` with the client's words.
 */
export async function externalShell(
  host: MachinesHost,
  entry: MachineEntry,
  access: SshAccess,
  signal: AbortSignal,
): Promise<OpenRemoteShell> {
  const file = await sshConfigFile(entry, access, signal);
  const run: OpenRemoteShell['run'] = async (words, { input = '' } = {}) => {
    const line = words.map(shellQuote).join(' ');
    const result = await host.options.runner.run('ssh', ['-F', file, '-T', '--', entry.config.name, line], {
      allowFailure: true,
      input,
      signal,
    });
    if (result.exitCode === NO_CONNECTION) throw failure(result.stderr.trim());
    return result;
  };
  await run(['true']);
  await pinNotedKeys(entry);
  return { run, close: () => {} };
}

function failure(said: string): MachineError {
  const code = /host key/i.test(said) ? 'SSH_HOST_KEY' : /permission denied/i.test(said) ? 'SSH_DENIED' : 'SSH_FAILED';
  return new MachineError(code, `ssh: ${said || 'the connection broke'}`);
}
