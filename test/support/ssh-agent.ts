import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary.ts';

export interface TestAgent {
  readonly socket: string;
  /** Takes a key that has no passphrase. */
  add(keyPath: string): void;
  stop(): void;
}

/** A real ssh-agent. Needs the Debian package openssh-client. */
export async function startAgent(): Promise<TestAgent> {
  const socket = join(temporaryFolder(), 'agent');
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  for (let tries = 0; !existsSync(socket); tries++) {
    if (tries > 100 || child.exitCode !== null) throw new Error('ssh-agent does not listen: install the Debian package openssh-client');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const add = (keyPath: string) =>
    void execFileSync('ssh-add', ['-q', keyPath], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'pipe' });
  return { socket, add, stop: () => void child.kill() };
}
