/** SSH with ssh2, which is loaded at the first connection only (its import costs 52 ms). */
import type { SshAccess } from './access.ts';
import type { ClientStreams } from './client.ts';
import type { ConnectionOptions, SshConnection } from './connection.ts';
import type { OpenRemoteShell } from './remote-shell.ts';
import { runSession, type SessionOptions } from './session.ts';
import { shellOver } from './shell-over.ts';

export type { SshAccess } from './access.ts';
export type { Ask } from './asking.ts';
export type { ClientStreams } from './client.ts';
export { clientFile, clientHost, hostBlock, knownHostsText, notedKeys } from './client-file.ts';
export { splitClientWords } from './client-words.ts';
export type { ConnectionOptions, SshConnection } from './connection.ts';
export type { CopyListener } from './copy/copy-entries.ts';
export { parseJumps, placeOf } from './destination.ts';
export type { ForwardEnd, ForwardSpec } from './forwards/forward-spec.ts';
export { parseForward } from './forwards/forward-spec.ts';
export { fingerprint, newEd25519HostKey, rsaPublicLine } from './key-format.ts';
export type { Passphrases } from './private-key.ts';
export type { OpenRemoteShell, RemoteShell } from './remote-shell.ts';
export type { SessionOptions, TerminalView } from './session.ts';

/** A logged-in connection over all jump hosts; the caller closes it. See `openConnection` of connection.ts. */
export async function connectTo(access: SshAccess, signal: AbortSignal, options?: ConnectionOptions): Promise<SshConnection> {
  const { openConnection } = await import('./connection.ts');
  return openConnection(access, signal, options);
}

/** See connection.ts. */
export async function checkHostKey(access: SshAccess, signal: AbortSignal): Promise<void> {
  const connection = await import('./connection.ts');
  await connection.checkHostKey(access, signal);
}

/** See connection.ts. */
export async function shownHostKeys(access: SshAccess, signal: AbortSignal): Promise<string[]> {
  const connection = await import('./connection.ts');
  return connection.shownHostKeys(access, signal);
}

/** Connects, runs a command or a login shell, disconnects. Gives the remote exit code; see `runSession` and `connectTo`. */
export async function runOverSsh(access: SshAccess, session: SessionOptions): Promise<number> {
  const connection = await connectTo(access, session.signal);
  try {
    return await runSession(connection.client, session);
  } finally {
    connection.close();
  }
}

/** `ssh` with these words after the host: options of ssh(1), then a command. See client.ts. */
export async function sshClient(access: SshAccess, words: readonly string[], streams: ClientStreams): Promise<number> {
  const { runClient } = await import('./client.ts');
  return runClient(access, words, streams);
}

/** A shell that keeps one connection over all its commands, which may also run at once. When it breaks, so does every command. */
export async function openRemoteShell(access: SshAccess, signal: AbortSignal): Promise<OpenRemoteShell> {
  const connection = await connectTo(access, signal);
  return { ...shellOver(connection.client, signal), close: () => connection.close() };
}
