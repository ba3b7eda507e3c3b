/** What goes over the supervisor's socket: one request line, then answer lines, then the end. JSON, UTF-8. */

import type { EngineCredentials, VirtualMachine } from '../host/virtual-machine.ts';

/** Calls are only ever added: an older supervisor answers `UNKNOWN_CALL` and is asked to `leave`, for a newer one to be attached. */
export type Call = 'awaitSign' | 'awaitReady' | 'vmStatus' | 'powerButton' | 'kill' | 'awaitExit' | 'localPorts' | 'leave';

/** A VM with what its supervisor shows the engine. */
export interface SupervisedVm extends VirtualMachine {
  readonly credentials?: EngineCredentials;
}

/** The code of an answer to a call that a supervisor does not know. */
export const UNKNOWN_CALL = 'UNKNOWN_CALL';

export interface Request {
  readonly call: Call;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Any number of phases, then one result or error. */
export type Answer = { readonly phase: readonly [string, number] } | { readonly result: string | null } | { readonly error: Failure };

/** Said by a supervisor that has noted that it will start QEMU, and the word it then waits for: QEMU is never started for a caller who is dead. */
export const READY = 'ready';
export const GO = 'go';

/** What a supervisor is told first, on standard input. Without `vm` it attaches to the one that runs. */
export interface StartRequest {
  /** The machine's folder as its callers name it, of which the name of a Windows pipe is made. */
  readonly dir: string;
  readonly vm?: SupervisedVm;
}

/** What it says on standard output, in one line. `busy`: another supervisor holds this machine. */
export type StartAnswer = { readonly started: true } | { readonly busy: true } | { readonly error: Failure };
