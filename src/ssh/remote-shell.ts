/** A guest's command line, as provisioners use it. */
export interface RemoteShell {
  /**
   * Runs one command, its words quoted for the remote shell. Resolves with whatever exit code it gave. Throws `SSH_FAILED` when
   * the connection cannot be made or breaks.
   */
  run(words: readonly string[], options?: { readonly input?: Uint8Array }): Promise<RemoteResult>;
}

interface RemoteResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
