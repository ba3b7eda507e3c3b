import type { Client } from 'ssh2';
import { CopyProblem, type CopyTarget } from './entry.ts';
import { ScpChannel } from './scp-channel.ts';

/** `scp -t` of a machine without SFTP: it decides by itself whether the path is a folder. */
export async function scpTarget(client: Client, path: string, options: { recursive: boolean; folder: boolean }): Promise<CopyTarget> {
  const words = [...(options.recursive ? ['-r'] : []), ...(options.folder ? ['-d'] : []), '-t'];
  const channel = await ScpChannel.open(client, words, path);
  await channel.answer();
  return {
    isFolder: async () => options.folder,
    async file({ name, mode, size, content }) {
      await told(channel, `C${octal(mode)} ${size} ${checked(name)}\n`);
      let sent = 0;
      let failure: unknown;
      try {
        for await (const chunk of content) {
          await channel.send(chunk);
          sent += chunk.length;
        }
      } catch (error) {
        failure = error; // the size was promised: the rest is zeros, and the far side is told
        for (let left = size - sent; left > 0; left -= ZEROS.length) await channel.send(ZEROS.subarray(0, left));
      }
      await told(channel, failure === undefined ? Uint8Array.of(0) : `\x01${failure instanceof Error ? failure.message : 'failed'}\n`);
      if (failure !== undefined) throw failure;
    },
    enter: (name, mode) => told(channel, `D${octal(mode)} 0 ${checked(name)}\n`),
    leave: () => told(channel, 'E\n'),
    async finish() {
      channel.close();
    },
  };
}

const ZEROS = new Uint8Array(64 * 1024);

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

async function told(channel: ScpChannel, message: Uint8Array | string): Promise<void> {
  await channel.send(message);
  await channel.answer();
}

/** The protocol's lines end at a line end. */
function checked(name: string): string {
  if (name.includes('\n')) throw new CopyProblem(`${JSON.stringify(name)}: scp cannot carry a line end in a name, SFTP can`);
  return name;
}
