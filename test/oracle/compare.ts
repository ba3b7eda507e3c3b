/** Compares what two engines answered in one scenario, leaf by leaf. */

import { type Ignored, ignored } from './ignored.ts';
import type { Observation } from './target.ts';

export interface Difference {
  call: string;
  leaf: string;
  /** undefined: the leaf is not there. */
  expected: string | undefined;
  found: string | undefined;
}

export interface Comparison {
  calls: number;
  leaves: number;
  differences: Difference[];
  /** Which entries of the ignore list were used, so that an idle one can be dropped. */
  used: Set<Ignored>;
}

export function compare(expected: Map<string, Observation>, found: Map<string, Observation>, rules: Ignored[] = ignored): Comparison {
  const result: Comparison = { calls: 0, leaves: 0, differences: [], used: new Set() };
  for (const call of new Set([...expected.keys(), ...found.keys()])) {
    result.calls += 1;
    const [left, right] = [expected.get(call) ?? {}, found.get(call) ?? {}];
    // With another status nothing else can be equal; one difference says it better than twenty.
    const sameKind = left.status === right.status;
    for (const leaf of sameKind ? new Set([...Object.keys(left), ...Object.keys(right)]) : ['status', ...messages(left, right)]) {
      result.leaves += 1;
      if (left[leaf] === right[leaf]) continue;
      const rule = rules.find((candidate) => matches(candidate, call, leaf));
      if (rule) result.used.add(rule);
      else result.differences.push({ call, leaf, expected: left[leaf], found: right[leaf] });
    }
  }
  return result;
}

function messages(...observations: Observation[]): string[] {
  return ['body', 'body.message', 'stderr'].filter((leaf) => observations.some((observation) => leaf in observation));
}

function matches(rule: Ignored, call: string, leaf: string): boolean {
  return (rule.call === undefined || rule.call.test(call)) && rule.leaf.test(leaf);
}

/** One line a difference. */
export function describe(difference: Difference): string {
  const show = (value: string | undefined) => (value === undefined ? '(absent)' : value.length > 300 ? `${value.slice(0, 300)}…` : value);
  return `${difference.call} · ${difference.leaf}\n    dockerd: ${show(difference.expected)}\n    ours:    ${show(difference.found)}`;
}
