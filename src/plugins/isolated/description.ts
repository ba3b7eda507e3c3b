import type { Capabilities } from '../../driver/contract.ts';
import type { FlagSpec } from '../../driver/flags.ts';
import type { CheckResult } from '../../driver/kit/index.ts';

/** What a driver says of itself, without anything that runs: kept when it is installed. */
export interface DriverDescription {
  readonly contract: number;
  readonly name: string;
  readonly description: string;
  readonly capabilities: Capabilities;
  readonly flags: readonly FlagSpec[];
  /** Optional methods that it has: of the definition, and of a driver. */
  readonly definitionAbilities: readonly string[];
  readonly abilities: readonly string[];
}

export const DEFINITION_ABILITIES = ['states'] as const;

/** Methods of the optional abilities of contract.ts. */
export const ABILITIES = [
  'awaitReady',
  'readHostKeys',
  'localPorts',
  'useImage',
  'plan',
  'listOwned',
  'removeOwned',
  'accessProblem',
  'openAccess',
] as const;

/** What a call of a driver's method gives: its answer or error, and its state after it. */
export interface Outcome {
  readonly state: string;
  readonly value?: unknown;
  readonly error?: unknown;
}

/** What `driver test` tests: a module that exports a `Subject` (a URL), or the driver with values for its flags. */
export type TestedSubject = { readonly module: string } | { readonly flags: readonly string[] };

/** What the driver's thread does for the host. */
export interface DriverRoot {
  /** Throws `DRIVER_INVALID` for a module that exports no driver. */
  describe(): Promise<DriverDescription>;
  states(context: unknown, machines: unknown): Promise<unknown>;
  /** A driver's methods; see `Outcome`. */
  open(context: unknown, state: string | undefined): Promise<Record<string, (...args: unknown[]) => Promise<Outcome>>>;
  /**
   * Runs the conformance kit: of the module that exports a `Subject`, or of the driver alone with flags as `name=value`. Throws
   * `DRIVER_INVALID`.
   */
  test(subject: TestedSubject, onBegin: (name: string) => void, onResult: (result: CheckResult) => void): Promise<void>;
  /** Answers when the thread is not busy. */
  ping(): Promise<void>;
}
