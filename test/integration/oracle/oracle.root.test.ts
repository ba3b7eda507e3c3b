/**
 * Our engine beside Docker's own dockerd 20.10 (Debian 12) and 28.5 (sid): every call of every scenario, every leaf of every
 * answer. At v1.51 a leaf must be what 28.5 says; at v1.41, which both speak, what either of them says. What is not
 * compared is listed with its reason in test/oracle/ignored.ts.
 */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compare, describe as show } from '../../oracle/compare.ts';
import { daemonCases, observeDaemon } from '../../oracle/daemon-options.ts';
import { falsify } from '../../oracle/falsify.ts';
import { type Ignored, ignored } from '../../oracle/ignored.ts';
import { apiScenarios, scenarios } from '../../oracle/scenarios/index.ts';
import { dockerClient, type Session, startSession } from '../../oracle/session.ts';
import { type Observation, Target } from '../../oracle/target.ts';

const NEWEST = 'v1.51';
const COMMON = 'v1.41';

let [docker, old, recent, ours]: [string, Session?, Session?, Session?] = [''];
const used = new Set<Ignored>();

beforeAll(async () => {
  docker = await dockerClient();
  [old, recent, ours] = await Promise.all([startSession('20'), startSession('28'), startSession('ours')]);
  for (const { problem } of [old, recent, ours]) if (problem) throw new Error(problem);
}, 600_000);

afterAll(() => Promise.all([old?.stop(), recent?.stop(), ours?.stop()]));

async function observe(session: Session | undefined, name: string, version: string, socket?: string): Promise<Map<string, Observation>> {
  const [scenario, path] = [scenarios[name], socket ?? session?.engine.socket];
  if (!scenario || !path) throw new Error(`no scenario ${name} or no engine`);
  const target = new Target(path, version, docker);
  await target.run(scenario);
  return target.observations;
}

/** Where 20.10 and ours agree, 28.5's later answer is not asked for. */
function preferring(
  first: Map<string, Observation>,
  second: Map<string, Observation>,
  found: Map<string, Observation>,
): Map<string, Observation> {
  return new Map(
    [...second].map(([call, leaves]) => {
      const other = first.get(call) ?? {};
      const mine = found.get(call) ?? {};
      const keys = new Set([...Object.keys(leaves), ...Object.keys(other)]);
      const chosen = [...keys].map((leaf) => [leaf, other[leaf] === mine[leaf] ? other[leaf] : leaves[leaf]] as const);
      return [call, Object.fromEntries(chosen.filter(([, value]) => value !== undefined)) as Observation];
    }),
  );
}

function check(expected: Map<string, Observation>, found: Map<string, Observation>): void {
  const result = compare(expected, found);
  for (const rule of result.used) used.add(rule);
  expect(result.calls).toBeGreaterThan(0);
  expect(result.differences.map(show)).toEqual([]);
}

describe(`equal to dockerd 28.5 at ${NEWEST}`, () => {
  test.each(Object.keys(scenarios))('%s', async (name) => {
    const [expected, found] = await Promise.all([observe(recent, name, NEWEST), observe(ours, name, NEWEST)]);
    check(expected, found);
  });
});

describe(`equal to dockerd 20.10 or 28.5 at ${COMMON}`, () => {
  test.each(Object.keys(apiScenarios))('%s', async (name) => {
    const [first, second, found] = await Promise.all([old, recent, ours].map((session) => observe(session, name, COMMON)));
    if (!first || !second || !found) throw new Error('expected three observations');
    check(preferring(first, second, found), found);
  });
});

describe('options and configuration files are refused as by dockerd 28.5', () => {
  test.each(Object.entries(daemonCases))('%s', async (_name, options) => {
    if (!recent || !ours) throw new Error('no engine');
    const [expected, found] = await Promise.all([observeDaemon(recent.engine, options), observeDaemon(ours.engine, options)]);
    expect(found).toEqual(expected);
  });
});

describe('the comparison itself', () => {
  test.each([
    ['a status code', 'wait', '"StatusCode":5', '"StatusCode":6'],
    ['a header', 'ping', `Api-Version: ${NEWEST.slice(1)}`, 'Api-Version: 1.50'],
    ['an HTTP status', 'life of a container', 'HTTP/1.1 304 ', 'HTTP/1.1 204 '],
    ['a byte of a stream', 'logs', 'out 3\n', 'out 4\n'],
    ['an error text', 'on nothing', 'No such container', 'No such Container'],
    ['a field', 'ps filters', '"color":"red"', '"color":"rad"'],
    ['what the client prints', 'docker start, attach, logs', 'through', 'thrOugh'],
  ])('notices %s that is wrong', async (_what, name, from, to) => {
    if (!ours) throw new Error('no engine');
    const proxy = await falsify(ours.engine.socket, join(ours.engine.sandbox.share, 'wrong.sock'), from, to);
    try {
      const [expected, found] = await Promise.all([observe(recent, name, NEWEST), observe(ours, name, NEWEST, proxy.socket)]);
      expect(compare(expected, found).differences).not.toEqual([]);
    } finally {
      await proxy.stop();
    }
  });

  test('has no entry in its ignore list that nothing needs', () => {
    expect(ignored.filter((rule) => !used.has(rule)).map(({ leaf, call }) => `${call ?? ''} ${leaf}`)).toEqual([]);
  });
});
