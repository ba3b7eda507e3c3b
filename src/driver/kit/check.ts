import type { Bench } from './bench.ts';
import type { Subject } from './subject.ts';

/** One rule of the contract. */
export interface Check {
  /** A word or two: how reports name it. */
  readonly name: string;
  /** The rule, as a sentence. */
  readonly rule: string;
  /** False where the rule says nothing of such a driver. */
  applies?(subject: Subject): boolean;
  /** What the subject lacks for this check. */
  lacks?(subject: Subject): string | undefined;
  /** Throws `NotConforming`, or whatever the driver throws. */
  run(bench: Bench): Promise<void>;
}

/** The driver does not do what the contract says. */
export class NotConforming extends Error {
  override readonly name = 'NotConforming';
}

export function demand(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new NotConforming(otherwise);
}

/** The error of what must fail. */
export async function failureOf(work: () => Promise<unknown>, otherwise: string): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new NotConforming(otherwise);
}

export const hasPower = ({ driver }: Subject): boolean => driver.capabilities.power;

export const needsLeftovers = (subject: Subject): string | undefined => (subject.leftovers ? undefined : 'leftovers()');
