import type { Client } from 'ssh2';
import { messageOf } from '../core/errors.ts';
import type { SshConnection } from './connection.ts';

/** One SSH connection for many users, made anew when it broke and somebody needs it. */
export class KeptConnection {
  private readonly connect: (signal: AbortSignal) => Promise<SshConnection>;
  private readonly told: (text: string) => void;
  private readonly signal: AbortSignal;
  private current: Promise<SshConnection> | undefined;
  private lost = false;

  /** `told` hears when the connection breaks and when it is there again. */
  constructor(connect: (signal: AbortSignal) => Promise<SshConnection>, told: (text: string) => void, signal: AbortSignal) {
    this.connect = connect;
    this.told = told;
    this.signal = signal;
  }

  /** Throws as `connect`. */
  async client(): Promise<Client> {
    this.current ??= this.open();
    return (await this.current).client;
  }

  close(): void {
    this.current?.then((connection) => connection.close()).catch(() => {});
  }

  private async open(): Promise<SshConnection> {
    try {
      const connection = await this.connect(this.signal);
      connection.client.once('close', () => {
        this.current = undefined;
        if (this.signal.aborted) return;
        this.lost = true;
        this.told('the SSH connection broke; it is made anew when it is needed');
      });
      if (this.lost) this.told('the SSH connection is there again');
      this.lost = false;
      return connection;
    } catch (error) {
      this.current = undefined;
      if (!this.signal.aborted && this.lost) this.told(messageOf(error));
      throw error;
    }
  }
}
