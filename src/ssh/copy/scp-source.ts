import type { Client } from 'ssh2';
import { type CopyEntry, isPlainName } from './entry.ts';
import { ScpChannel } from './scp-channel.ts';

/** What `scp -f` of a machine sends of a path (which its shell may expand), for machines without SFTP. */
export async function* scpEntries(client: Client, path: string, recursive: boolean): AsyncGenerator<CopyEntry> {
  const channel = await ScpChannel.open(client, [...(recursive ? ['-r'] : []), '-f'], path);
  let depth = 0;
  try {
    await channel.send(ACK);
    for (let kind = await channel.byte(); kind !== undefined; kind = await channel.byte()) {
      const line = await channel.line();
      if (kind === 1 || kind === 2) {
        yield { kind: 'problem', text: line.replace(/^scp: /, '') };
        continue;
      }
      const letter = String.fromCharCode(kind);
      if (letter === 'E' && depth > 0) {
        depth -= 1;
        yield { kind: 'leave' };
      } else if (letter === 'C' || (letter === 'D' && recursive)) {
        const { mode, size, name } = parsed(letter, line);
        if (letter === 'D') {
          depth += 1;
          yield { kind: 'folder', name, mode };
        } else {
          yield* fileEntry(channel, { mode, size, name });
        }
      } else throw new Error(`scp: expected a file, found ${JSON.stringify(letter + line.slice(0, 80))}`);
      await channel.send(ACK);
    }
  } finally {
    channel.close();
  }
}

const ACK = Uint8Array.of(0);

interface Head {
  readonly mode: number;
  readonly size: number;
  readonly name: string;
}

async function* fileEntry(channel: ScpChannel, { mode, size, name }: Head): AsyncGenerator<CopyEntry> {
  await channel.send(ACK);
  const content = channel.bytes(size);
  yield { kind: 'file', name, mode, size, content };
  for await (const _left of content); // what the target did not want must be taken off the line
  const code = await channel.byte();
  if (code !== 0) yield { kind: 'problem', text: `${name}: ${code === 1 ? await channel.line() : 'the copy broke off'}` };
}

function parsed(letter: string, line: string): Head {
  const [, mode, size, name] = /^([0-7]{4,5}) (\d{1,15}) (.*)$/s.exec(line) ?? [];
  if (mode === undefined || size === undefined || name === undefined || !isPlainName(name, process.platform))
    throw new Error(`scp: unexpected line ${JSON.stringify((letter + line).slice(0, 80))}`);
  return { mode: Number.parseInt(mode, 8) & 0o777, size: Number(size), name };
}
