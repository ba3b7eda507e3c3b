import { openRemoteShell, type RemoteShell, type SshAccess } from '../../src/ssh/index.ts';

/** One connection for each command. */
export function remoteShell(access: SshAccess, signal = new AbortController().signal): RemoteShell {
  return {
    async run(words, options) {
      const shell = await openRemoteShell(access, signal);
      try {
        return await shell.run(words, options);
      } finally {
        shell.close();
      }
    },
  };
}
