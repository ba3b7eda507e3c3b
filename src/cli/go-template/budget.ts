import { FunctionError } from './errors.ts';

const MAX_STEPS = 2_000_000;
const MAX_CHARACTERS = 64 * 2 ** 20;

/** What one evaluation may use, so that a hostile or mistaken template ends: Go has no such limit. */
export class Budget {
  #steps = 0;
  #characters = 0;

  /** One more step, which made or wrote so many characters. Throws FunctionError when it is too much. */
  spend(characters: number): void {
    this.#steps += 1;
    this.#characters += characters;
    if (this.#steps > MAX_STEPS) throw new FunctionError(`exceeded maximum number of steps (${MAX_STEPS})`);
    if (this.#characters > MAX_CHARACTERS) throw new FunctionError(`exceeded maximum amount of text (${MAX_CHARACTERS} characters)`);
  }
}
