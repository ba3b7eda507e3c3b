import { fstatSync, writeSync } from 'node:fs';
import { systemCode } from '../core/errors.ts';

/** Where a text can be written; a stream is one. */
export interface TextOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** stdout or stderr of a process. */
export interface StandardStream {
  readonly fd: 1 | 2;
  /** Something has asked for the stream: from then on the order of what is written is its business. */
  readonly opened: boolean;
  open(): NodeJS.WriteStream;
  /** Nothing more can be written. */
  failed(error: unknown): void;
}

/**
 * For texts, cheaper than the stream, which takes 2 to 5 ms to open: a pipe or a file is written to directly, until the stream is
 * open or the pipe is full. A terminal and all on Windows (whose consoles want UTF-16) get the stream.
 */
export function textOutput(stream: StandardStream, os: NodeJS.Platform): TextOutput {
  let plain: boolean | undefined;
  const isDirect = () => {
    plain ??= os !== 'win32' && !fstatSync(stream.fd).isCharacterDevice();
    return plain && !stream.opened;
  };
  return {
    get isTTY() {
      return !isDirect() && stream.open().isTTY === true;
    },
    write(text) {
      if (!isDirect()) return stream.open().write(text);
      let rest: Uint8Array = Buffer.from(text);
      try {
        while (rest.length > 0) rest = rest.subarray(writeSync(stream.fd, rest));
      } catch (error) {
        if (systemCode(error) === 'EAGAIN') return stream.open().write(rest);
        stream.failed(error);
      }
      return undefined;
    },
  };
}
