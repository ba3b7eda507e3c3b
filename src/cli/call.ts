import type { DriverDefinition } from '../driver/index.ts';
import type { CliFlag, ParsedArguments } from './arguments/cli-flag.ts';
import type { CommandSpec } from './command-spec.ts';
import type { Session } from './session.ts';

/** One call of a command: what was asked for, and the session it runs in. */
export interface Call {
  readonly session: Session;
  readonly spec: CommandSpec;
  /** The command's flags; `create` has its driver's too. */
  readonly flags: readonly CliFlag[];
  readonly args: ParsedArguments;
  /** `create` only: the driver that was named or found. */
  readonly driver?: DriverDefinition;
}

/** Does a command's work; the exit code, 0 when nothing is returned. */
export type Action = (call: Call) => Promise<number | undefined>;
