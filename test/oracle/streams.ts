/** Frames of attach, logs and exec: byte 0 the stream, three zero bytes, a big-endian length, the bytes (Engine API, "Stream format"). */

export interface Streams {
  stdin: string;
  stdout: string;
  stderr: string;
  /** Bytes that form no whole frame. */
  rest: Buffer;
}

export function frames(bytes: Buffer): Streams {
  const parts: Buffer[][] = [[], [], []];
  let at = 0;
  while (at + 8 <= bytes.length) {
    const stream = bytes[at] ?? 9;
    const length = bytes.readUInt32BE(at + 4);
    const into = parts[stream];
    if (!into || bytes.readUIntBE(at + 1, 3) !== 0 || at + 8 + length > bytes.length) break;
    into.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  const [stdin = '', stdout = '', stderr = ''] = parts.map((chunks) => Buffer.concat(chunks).toString());
  return { stdin, stdout, stderr, rest: bytes.subarray(at) };
}
