/**
 * How a value crosses to another thread. Structured clone carries data; what it cannot carry goes by reference: a function is called
 * back, an AbortSignal is repeated on the other side, an object of a class becomes its properties and methods. Errors keep
 * their code and hint.
 */
import { isMachineError, MachineError, messageOf, systemCode } from '../../core/errors.ts';

/** Marks what is not the value itself; no property name of JSON that anybody wrote. */
const MARK = '\u0000wire';

type Marked =
  | { readonly [MARK]: 'function'; readonly id: number }
  | { readonly [MARK]: 'signal'; readonly id: number; readonly aborted: boolean; readonly reason: unknown }
  | { readonly [MARK]: 'error'; readonly error: PlainError };

interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly machine: { readonly hint: string | undefined; readonly exitCode: number } | undefined;
  readonly cause: PlainError | undefined;
}

/** What stays on one side and is called from the other. */
export type AnyFunction = (...args: unknown[]) => unknown;

/** The sides' tables of what was handed over by reference. */
export interface References {
  keepFunction(work: AnyFunction): number;
  keepSignal(signal: AbortSignal): number;
  callable(id: number): AnyFunction;
  signal(id: number): AbortController;
}

/** Throws a TypeError for what holds itself. */
export function encode(value: unknown, references: References, inside: readonly unknown[] = []): unknown {
  if (typeof value === 'function') return { [MARK]: 'function', id: references.keepFunction(value as AnyFunction) };
  if (typeof value !== 'object' || value === null) return typeof value === 'symbol' ? undefined : value;
  if (value instanceof Error) return { [MARK]: 'error', error: plainError(value) };
  if (value instanceof AbortSignal) {
    const reason = value.aborted ? encode(value.reason, references) : undefined;
    return { [MARK]: 'signal', id: references.keepSignal(value), aborted: value.aborted, reason };
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Date || value instanceof RegExp) return value;
  if (inside.includes(value)) throw new TypeError('a value that holds itself cannot be handed over');
  const within = [...inside, value];
  const part = (item: unknown) => encode(item, references, within);
  if (Array.isArray(value)) return value.map(part);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, part(item)]));
  if (value instanceof Set) return new Set([...value].map(part));
  return Object.fromEntries(membersOf(value).map(([key, item]) => [key, part(item)]));
}

export function decode(value: unknown, references: References): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((item) => decode(item, references));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, decode(item, references)]));
  if (value instanceof Set) return new Set([...value].map((item) => decode(item, references)));
  if (MARK in value) return unmarked(value as Marked, references);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item, references)]));
}

function unmarked(value: Marked, references: References): unknown {
  if (value[MARK] === 'function') return references.callable(value.id);
  if (value[MARK] === 'error') return revived(value.error);
  const controller = references.signal(value.id);
  if (value.aborted) controller.abort(decode(value.reason, references));
  return controller.signal;
}

/** Own properties, and the methods and accessors of classes, bound. */
function membersOf(value: object): [string, unknown][] {
  const members = new Map<string, unknown>();
  for (let at: object | null = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    for (const key of Object.getOwnPropertyNames(at)) {
      if (key === 'constructor' || members.has(key)) continue;
      const member: unknown = (value as Record<string, unknown>)[key];
      members.set(key, typeof member === 'function' ? member.bind(value) : member);
    }
  }
  return [...members];
}

function plainError(error: Error, depth = 0): PlainError {
  return {
    name: error.name,
    message: messageOf(error),
    stack: error.stack,
    code: isMachineError(error) ? error.code : systemCode(error),
    machine: isMachineError(error) ? { hint: error.hint, exitCode: error.exitCode } : undefined,
    cause: error.cause instanceof Error && depth < 4 ? plainError(error.cause, depth + 1) : undefined,
  };
}

function revived({ name, message, stack, code, machine, cause }: PlainError): Error {
  const because = cause === undefined ? {} : { cause: revived(cause) };
  const hint = machine?.hint === undefined ? {} : { hint: machine.hint };
  const error = machine
    ? new MachineError(code ?? 'UNKNOWN', message, { ...because, ...hint, exitCode: machine.exitCode })
    : Object.assign(new Error(message, because), { name }, code === undefined ? {} : { code });
  if (stack !== undefined) error.stack = stack;
  return error;
}
