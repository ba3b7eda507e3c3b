/** Where and as whom to log in. The driver contract's type of the same name has the same fields. */
export interface SshEndpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Private key file on this computer; '' for none of the machine's own: the user's default keys and agent are tried. */
  readonly keyPath: string;
}
