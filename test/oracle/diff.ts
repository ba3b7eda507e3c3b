/**
 * Shows where our engine and Docker's answer differently:
 *
 *     node test/oracle/diff.ts [--against 20|28] [--version v1.41] [--engine ours|20|28] [scenario …]
 *
 * Without scenarios: all of them. Both engines run beside each other; the exit code is 1 when there are differences.
 */

import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { compare, describe } from './compare.ts';
import type { EngineName } from './engines.ts';
import { allScenarios } from './scenarios/index.ts';
import { dockerClient, type Session, startSession } from './session.ts';
import { Target } from './target.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: 'string', default: '28' },
    version: { type: 'string', default: 'v1.41' },
    engine: { type: 'string', default: 'ours' },
  },
});
const docker = await dockerClient();
const [oracle, ours] = await Promise.all([startSession(values.against as EngineName), startSession(values.engine as EngineName)]);
for (const { engine, problem } of [oracle, ours]) if (problem) console.log(`${engine.name}: ${problem}`);
let [differences, leaves] = [0, 0];
try {
  for (const [name, scenario] of Object.entries(allScenarios)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const [left, right] = [oracle, ours].map(({ engine }) => new Target(engine.socket, values.version, docker));
    if (!left || !right) continue;
    await Promise.all([left.run(scenario), right.run(scenario)]);
    const result = compare(left.observations, right.observations);
    console.log(`## ${name}: ${result.calls} calls, ${result.leaves} leaves, ${result.differences.length} differences`);
    for (const difference of result.differences) console.log(`- ${describe(difference)}`);
    await revive(oracle);
    await revive(ours);
    differences += result.differences.length;
    leaves += result.leaves;
  }
} finally {
  await Promise.all([oracle.stop(), ours.stop()]);
}
console.log(`${leaves} leaves, ${differences} differences`);
process.exitCode = differences > 0 ? 1 : 0;

/** A crash must not hide what comes after it. */
async function revive({ engine }: Session): Promise<void> {
  if (
    await engine.sandbox.daemon().then(
      () => true,
      () => false,
    )
  )
    return;
  console.log(`${engine.name} ended:\n${await engine.sandbox.tail()}`);
  await rm(engine.socket, { force: true });
  await engine.sandbox.restart();
  await engine.sandbox.appeared('docker.sock');
}
