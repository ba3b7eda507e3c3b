import type { Readable } from 'node:stream';

/** A guest's command line, as provisioners use it. */
export interface RemoteShell {
  /**
   * Runs one command, its words quoted for the remote shell. Resolves with whatever exit code it gave. Throws `SSH_FAILED` when
   * the connection cannot be made or breaks.
   */
  run(words: readonly string[], options?: RemoteRunOptions): Promise<RemoteResult>;
}

export interface RemoteRunOptions {
  /** Its stdin, which ends with it; default: nothing. */
  readonly input?: Uint8Array | Readable;
  /** Hears stdout as it comes. */
  readonly onStdout?: (chunk: Buffer) => void;
}

/** One that holds a connection. */
export interface OpenRemoteShell extends RemoteShell {
  close(): void;
}

export interface RemoteResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
