/**
 * Prints what one engine answers, leaf by leaf: `node test/oracle/show.ts 20|28|ours [--version v1.51] [scenario …]`.
 */

import { parseArgs } from 'node:util';
import type { EngineName } from './engines.ts';
import { allScenarios } from './scenarios/index.ts';
import { dockerClient, startSession } from './session.ts';
import { Target } from './target.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { version: { type: 'string', default: 'v1.41' } } });
const [name, ...wanted] = positionals;
const docker = await dockerClient();
const session = await startSession(name as EngineName);
if (session.problem) console.log(session.problem);
try {
  for (const [title, scenario] of Object.entries(allScenarios)) {
    if (wanted.length > 0 && !wanted.includes(title)) continue;
    const target = new Target(session.engine.socket, values.version, docker);
    console.log(`# ${title}`);
    await target.run(scenario);
    for (const [call, leaves] of target.observations) {
      console.log(`## ${call}`);
      for (const [leaf, value] of Object.entries(leaves)) console.log(`${leaf}: ${value}`);
    }
  }
} finally {
  await session.stop();
}
