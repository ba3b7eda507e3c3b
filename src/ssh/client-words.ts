/** The words that ssh(1) takes after the host: its own options, then a command. */
import { MachineError } from '../core/errors.ts';
import { type ForwardEnd, type ForwardSpec, parseDynamic, parseForward } from './forwards/forward-spec.ts';

export interface ClientWords {
  /** One line for the remote shell; undefined: a login shell. */
  readonly command: string | undefined;
  readonly forwardAgent: boolean;
  readonly compress: boolean;
  /** -N. */
  readonly noCommand: boolean;
  /** -n. */
  readonly noInput: boolean;
  /** -T, -t and -tt; `auto` is a terminal for a login shell. */
  readonly terminal: 'auto' | 'never' | 'wanted' | 'forced';
  readonly local: readonly ForwardSpec[];
  readonly remote: readonly ForwardSpec[];
  readonly dynamic: readonly ForwardEnd[];
  /** -l, -i and -J. */
  readonly user: string | undefined;
  readonly keyPath: string | undefined;
  readonly proxyJump: string | undefined;
}

type Mutable = { -readonly [Key in keyof ClientWords]: ClientWords[Key] extends readonly (infer Item)[] ? Item[] : ClientWords[Key] };

const TAKES_VALUE = 'BbcDEeFIiJLlmOoPpQRSWw';
const ALONE = '1246AaCfGgKkMNnqsTtVvXxYy';

/** The options among ssh's words, and the command after them. Throws nothing: the client itself says what it does not know. */
export function splitClientWords(words: readonly string[]): { options: readonly string[]; command: readonly string[] } {
  let at = 0;
  while (at < words.length && words[at] !== '--' && /^-./.test(words[at] ?? '')) {
    const letters = [...(words[at] ?? '').slice(1)];
    const valued = letters.findIndex((letter) => TAKES_VALUE.includes(letter));
    at += valued >= 0 && valued === letters.length - 1 ? 2 : 1;
  }
  return { options: words.slice(0, at), command: words.slice(words[at] === '--' ? at + 1 : at) };
}

/** Throws `SSH_OPTION` for what ssh does not know, and for what only the computer's own client can do. */
export function readClientWords(words: readonly string[]): ClientWords {
  const found: Mutable = {
    ...{ command: undefined, forwardAgent: false, compress: false, noCommand: false, noInput: false, terminal: 'auto' },
    ...{ local: [], remote: [], dynamic: [], user: undefined, keyPath: undefined, proxyJump: undefined },
  };
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--' || !/^-./.test(word)) break;
    for (let letter = 1; letter < word.length; letter++) {
      const option = word[letter] ?? '';
      if (ALONE.includes(option)) flag(found, option);
      else if (!TAKES_VALUE.includes(option)) throw new MachineError('SSH_OPTION', `unknown option of ssh: -${option}`);
      else {
        const inline = word.slice(letter + 1);
        const value = inline === '' ? words[++at] : inline;
        if (value === undefined) throw new MachineError('SSH_OPTION', `option of ssh without its argument: -${option}`);
        valued(found, option, value);
        break;
      }
    }
  }
  const command = words.slice(words[at] === '--' ? at + 1 : at);
  return { ...found, command: command.length === 0 ? undefined : command.join(' ') }; // joined by blanks, as ssh does it
}

function flag(found: Mutable, option: string): void {
  if (option === 'A') found.forwardAgent = true;
  else if (option === 'a') found.forwardAgent = false;
  else if (option === 'C') found.compress = true;
  else if (option === 'N') found.noCommand = true;
  else if (option === 'n') found.noInput = true;
  else if (option === 'T') found.terminal = 'never';
  else if (option === 't') found.terminal = found.terminal === 'wanted' || found.terminal === 'forced' ? 'forced' : 'wanted';
  else if (!'qxk'.includes(option)) throw onlyExternal(`-${option}`); // quiet, no X11, no GSSAPI: as it is anyway
}

function valued(found: Mutable, option: string, value: string): void {
  if (option === 'L') found.local.push(parseForward(value, '-L'));
  else if (option === 'R') found.remote.push(parseForward(value, '-R'));
  else if (option === 'D') found.dynamic.push(parseDynamic(value));
  else if (option === 'l') found.user = value;
  else if (option === 'i') found.keyPath = value;
  else if (option === 'J') found.proxyJump = value;
  else if (option === 'o') setting(found, value);
  else throw onlyExternal(`-${option}`);
}

/** Settings of ssh_config(5) that have an option of one letter. */
const SWITCHES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  forwardagent: { yes: 'A', no: 'a' },
  compression: { yes: 'C', no: '' },
  requesttty: { yes: 't', force: 'tt', no: 'T', auto: '' },
  loglevel: { quiet: '' },
  exitonforwardfailure: { yes: '' }, // a forward that fails always ends it
};
const VALUES: Readonly<Record<string, string>> = {
  localforward: 'L',
  remoteforward: 'R',
  dynamicforward: 'D',
  user: 'l',
  identityfile: 'i',
  proxyjump: 'J',
};

/** -o. Forwards as ssh_config writes them: `port host:hostport`. */
function setting(found: Mutable, text: string): void {
  const [, keyword = '', value = ''] = /^\s*(\w+)(?:\s*=\s*|\s+)(.*)$/.exec(text) ?? [];
  const option = new Map(Object.entries(VALUES)).get(keyword.toLowerCase());
  const letters = new Map(Object.entries(SWITCHES)).get(keyword.toLowerCase())?.[value.toLowerCase()];
  if (option !== undefined) valued(found, option, 'LR'.includes(option) ? value.replace(/\s+/, ':') : value);
  else if (letters !== undefined) for (const letter of letters) flag(found, letter);
  else throw onlyExternal(`-o ${text}`);
}

function onlyExternal(option: string): MachineError {
  return new MachineError('SSH_OPTION', `the built-in SSH has no ${option}`, {
    hint: "--native-ssh=false before the command uses the computer's own ssh client, which has it",
  });
}
