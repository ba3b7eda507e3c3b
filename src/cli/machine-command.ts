import { Command } from '@oclif/core/command';
import { Config } from '@oclif/core/config';
import { boolean, integer, string } from '@oclif/core/flags';
import type { FlagInput } from '@oclif/core/parser';
import type { FlagValues } from '../driver/flags.ts';
import type { CliFlag } from './arguments/cli-flag.ts';
import type { Call } from './call.ts';

/** oclif hands a command one object; ours carries the call. Never loaded: no folder is searched for commands or plugins. */
class CallConfig extends Config {
  readonly call: Call;

  constructor(call: Call) {
    super({ root: '.' });
    this.call = call;
    this.bin = 'tsmachine';
  }

  /** There are no plugins that could have hooks. */
  override async runHook(): Promise<{ successes: []; failures: [] }> {
    return { successes: [], failures: [] };
  }
}

/** Base of all commands: oclif parses what the argument layer wrote in canonical form, the command does its work. */
export abstract class MachineCommand extends Command {
  static override strict = false;

  /** The exit code; 0 when nothing is returned. */
  protected abstract work(call: Call): Promise<number | undefined>;

  async run(): Promise<number> {
    const { call } = this.config as CallConfig;
    const { flags } = await this.parse({ flags: oclifFlags(call.flags), strict: false, '--': true }, this.argv);
    const values = { ...call.args.values, ...(flags as FlagValues) };
    // Names stay those of the argument layer: oclif changes the order of words that occur twice.
    return (await this.work({ ...call, args: { ...call.args, values } })) ?? 0;
  }

  /** oclif would set the process's exit code here; ours is the caller's business. */
  protected override async catch(error: Error): Promise<void> {
    throw error;
  }

  /** Runs a command with words in canonical form. */
  static async execute(this: new (argv: string[], config: Config) => MachineCommand, words: string[], call: Call): Promise<number> {
    const command = new this(words, new CallConfig(call));
    command.id = call.spec.name;
    return (await command._run<number>()) ?? 0;
  }
}

function oclifFlags(specs: readonly CliFlag[]): FlagInput {
  return Object.fromEntries(specs.map((spec) => [spec.name, oclifFlag(spec)]));
}

function oclifFlag(spec: CliFlag): FlagInput[string] {
  if (spec.type === 'bool') return boolean({ summary: spec.help });
  if (spec.type === 'int') return integer({ summary: spec.help });
  if (spec.type === 'strings') return string({ summary: spec.help, multiple: true, multipleNonGreedy: true });
  return string({ summary: spec.help });
}
