import type { AnyAuthMethod, AuthenticationType, NextAuthHandler, Prompt } from 'ssh2';
import { MachineError } from '../core/errors.ts';
import { type Ask, shownText } from './asking.ts';
import type { KeyRing } from './key-ring.ts';

export interface LoginOptions {
  readonly user: string;
  /** user@host:port, for questions and errors. */
  readonly place: string;
  readonly keys: KeyRing;
  /** The one key there is, for errors; '' for whatever the user has. */
  readonly keyPath: string;
  /** For passwords; undefined: none are tried. */
  readonly ask: Ask | undefined;
}

/** How often a wrong password may be mended, as ssh's NumberOfPasswordPrompts. */
const TRIES = 3;

/** Logs in: keys first, then what the server asks and the user answers. */
export class Login {
  private readonly options: LoginOptions;
  private keysTried = false;
  private questions = TRIES;
  private passwords = TRIES;
  private offered: readonly string[] = [];

  constructor(options: LoginOptions) {
    this.options = options;
  }

  /** ssh2's authHandler: called with what the server still takes (null at first), answers with the next try, false for none. */
  readonly next = (left: AuthenticationType[] | null, _partial: boolean | null, answer: NextAuthHandler): void => {
    this.offered = left ?? [];
    this.choose(left).then(
      (method) => answer(method as AnyAuthMethod),
      () => answer(false as never),
    );
  };

  /** What to say when the server took nothing. */
  refused(cause: unknown): MachineError {
    const { place, keys, keyPath, ask } = this.options;
    const wants = this.offered.filter((method) => method !== 'publickey');
    const offers = wants.length === 0 ? '' : `; it also takes: ${wants.join(', ')}`;
    const tried = keyPath !== '' ? `the key ${keyPath}` : keys.size > 0 ? `any of ${keys.size} keys` : 'a login without a key';
    const notes = keys.notes.length === 0 ? {} : { hint: keys.notes.join('; ') };
    const unasked = wants.length > 0 && !ask ? { hint: 'a password can be asked for on a terminal only' } : {};
    return new MachineError('SSH_DENIED', `${place} does not accept ${tried}${offers}`, { cause, ...unasked, ...notes });
  }

  private async choose(left: AuthenticationType[] | null): Promise<AnyAuthMethod | false> {
    const { user: username, keys, ask, place } = this.options;
    if (!this.keysTried && keys.size > 0 && left?.includes('publickey') !== false) {
      this.keysTried = true;
      return { type: 'agent', username, agent: keys };
    }
    if (left === null) return { type: 'none', username }; // to hear what the server takes
    if (ask && left.includes('keyboard-interactive') && this.questions > 0) {
      this.questions -= 1;
      return {
        type: 'keyboard-interactive',
        username,
        prompt: (name, text, _language, prompts, finish) => void this.answer(ask, [name, text], prompts).then(finish),
      };
    }
    if (ask && left.includes('password') && this.passwords > 0) {
      this.passwords -= 1;
      const password = await ask({ text: `${place}'s password: `, secret: true });
      if (password !== undefined) return { type: 'password', username, password };
    }
    return false;
  }

  private async answer(ask: Ask, heading: readonly string[], prompts: readonly Prompt[]): Promise<string[]> {
    const answers: string[] = [];
    const title = heading
      .filter((text) => text !== '')
      .map(shownText)
      .join(' ');
    for (const { prompt, echo } of prompts.slice(0, 10)) {
      const text = `(${this.options.place}) ${title === '' ? '' : `${title} `}${shownText(prompt)}`;
      const given = await ask({ text, secret: echo !== true }).catch(() => undefined);
      if (given === undefined) this.giveUp();
      answers.push(given ?? '');
    }
    return answers;
  }

  private giveUp(): void {
    this.questions = 0;
    this.passwords = 0;
  }
}
