import { type DriverContext, messageOf } from 'tsmachine/driver';
import type { Ec2 } from './instances.ts';

/** For cloud-init to write the keys on the console, milliseconds. */
const PATIENCE = 180_000;

/** Host keys that cloud-init wrote on the console. None when the console does not show them in time. */
export async function consoleHostKeys(ec2: Ec2, { clock, signal, log }: DriverContext, InstanceId: string): Promise<string[]> {
  const limit = clock.now() + PATIENCE;
  for (let wait = 1000; ; wait = Math.min(10_000, wait * 1.5)) {
    const output = await ec2('GetConsoleOutput', { InstanceId, Latest: true }).catch((error: unknown) => {
      signal.throwIfAborted();
      log.debug(`the console cannot be read: ${messageOf(error)}`);
      return undefined;
    });
    const keys = keysIn(Buffer.from(output?.value('output') ?? '', 'base64').toString('latin1'));
    if (keys.length > 0 || output === undefined || clock.now() + wait > limit) return keys;
    log.debug('waiting for the host keys on the console');
    await clock.sleep(wait, signal);
  }
}

/** The last whole block of cloud-init's: an image may have shown another one when it was made. */
export function keysIn(console: string): string[] {
  const blocks = [...console.matchAll(/-----BEGIN SSH HOST KEY KEYS-----([\s\S]*?)-----END SSH HOST KEY KEYS-----/g)];
  const lines = (blocks.at(-1)?.[1] ?? '').split('\n');
  return lines.flatMap((line) => /(?:^|\s)((?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp\d+) [A-Za-z0-9+/]+=*)/.exec(line)?.[1] ?? []);
}
