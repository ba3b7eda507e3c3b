import { builtInDrivers, otherDrivers } from '../../plugins/index.ts';
import { usageError } from '../arguments/usage-error.ts';
import type { Action, Call } from '../call.ts';
import { COMMANDS, type CommandSpec } from '../command-spec.ts';
import { driverForCreate } from '../create-driver.ts';
import { GLOBAL_FLAGS } from '../global-flags.ts';
import { openSession, programName } from '../session.ts';
import { type Answer, type Candidate, candidatesFor, type Sources } from './candidates.ts';
import { COMPLETION_SHELLS, completionScript } from './scripts.ts';
import { type Grammar, readCommandLine } from './situation.ts';

const CURRENT = '--current=';

/**
 * `completion SHELL` prints the shell's script. What the script calls in turn is `completion --current=WORD WORDS…`: the word
 * under the cursor and those before it; it prints a candidate a line, TAB and its description, or `:file` or `:directory`.
 */
export const completion: Action = async (call) => {
  const { args, session } = call;
  const [first = '', ...words] = args.names;
  if (first.startsWith(CURRENT)) {
    const answer = await answerTo(call, first.slice(CURRENT.length), words);
    for (const line of typeof answer === 'string' ? [`:${answer}`] : answer.map(lineOf)) session.print(line);
    return 0;
  }
  if (first === '' || words.length > 0) throw usageError(`Expected one shell: ${COMPLETION_SHELLS.join(', ')}`);
  session.input.out.write(completionScript(first, programName(session.input)));
  return 0;
};

function lineOf({ value, description }: Candidate): string {
  return description === '' ? value : `${value}\t${description.replace(/\s+/g, ' ')}`;
}

/** A shell that completes must never show an error of ours: what cannot be known is left out. */
async function answerTo(call: Call, current: string, words: readonly string[]): Promise<Answer> {
  const grammar: Grammar = {
    globalFlags: GLOBAL_FLAGS,
    commands: COMMANDS,
    moreFlags: (spec, rest) => driverFlags(call, spec, rest),
  };
  try {
    const { situation, globals } = await readCommandLine(grammar, words, current);
    return await candidatesFor(situation, current, COMMANDS, sources(call, globals.get('storage-path')));
  } catch (error) {
    call.session.log.debug(`completion: ${String(error)}`);
    return [];
  }
}

async function driverFlags({ session }: Call, spec: CommandSpec, words: readonly string[]) {
  if (spec.name !== 'create') return [];
  try {
    return (await driverForCreate(session, words)).driver?.flags ?? [];
  } catch {
    return []; // an unknown driver: create's own flags are still right
  }
}

function sources({ session }: Call, storePath: string | undefined): Sources {
  return {
    async drivers() {
      const described = builtInDrivers().map(async (name) => ({ value: name, description: (await session.loadDriver(name)).description }));
      const others = (await otherDrivers(session.input.platform)).map((value) => ({ value, description: '' }));
      return [...(await Promise.all(described)), ...others];
    },
    installedDrivers: async () => (await import('../../plugins/installed/index.ts')).installedNames(session.input.platform),
    async machines() {
      const globals = storePath ? { ...session.globals, storePath } : session.globals;
      const store = await openSession(session.input, globals, session.log).machines();
      return store.names();
    },
  };
}
