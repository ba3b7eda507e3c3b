/** Where the library tells what it does. The host decides on streams and colours; nothing below the CLI prints. */
export interface Logger {
  /** What the user of docker-machine sees on stdout: `Creating machine...` */
  info(message: string): void;
  /** Something the user should know and that does not stop the work; stderr. */
  warn(message: string): void;
  /** Only with --debug; stderr. Never a secret. */
  debug(message: string): void;
}

export const silentLogger: Logger = { info: () => {}, warn: () => {}, debug: () => {} };
