import { badRequest } from '../errors.ts';

const controls: Record<string, number> = { '@': 0, '[': 27, '\\': 28, ']': 29, '^': 30, _: 31 };

/** The bytes of a sequence such as `ctrl-p,ctrl-q` (moby/term ToBytes). Throws 400. */
export function parseDetachKeys(text: string): Buffer {
  if (text === '') return Buffer.from([16, 17]);
  const bytes = text.split(',').map((key) => {
    if (/^.$/s.test(key)) return key.charCodeAt(0);
    const letter = /^ctrl-(.)$/.exec(key)?.[1]?.toLowerCase() ?? '';
    const code = /[a-z]/.test(letter) ? letter.charCodeAt(0) - 96 : controls[letter];
    if (code === undefined) throw badRequest(`Invalid detach keys (${text}) provided`);
    return code;
  });
  return Buffer.from(bytes);
}

/** Finds the sequence in what a client types; a started sequence is held back until it is clear whether it is one. */
export class DetachKeys {
  readonly #keys: Buffer;
  #matched = 0;

  constructor(keys: Buffer) {
    this.#keys = keys;
  }

  /** What goes on to the container, and whether the client wants to leave. */
  take(data: Buffer): { pass: Buffer; detach: boolean } {
    const pass: number[] = [];
    for (const byte of data) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched += 1;
        if (this.#matched === this.#keys.length) return { pass: Buffer.from(pass), detach: true };
        continue;
      }
      pass.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) pass.push(byte);
    }
    return { pass: Buffer.from(pass), detach: false };
  }
}
