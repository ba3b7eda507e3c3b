/**
 * Docker's own dockerd, or ours, beside everything else on this machine, for looking things up:
 *
 *     node test/oracle/run.ts 20|28|ours [dockerd options]
 *     DOCKER_HOST=unix://PRINTED/docker.sock docker …        # or curl --unix-socket PRINTED/docker.sock http://d/version
 *
 * It prints the socket, the version and the API range, how to enter the daemon's namespaces and where its log is, and stays
 * until Ctrl-C, which removes everything. The daemon has no network but `lo`; docker load or a registry inside its
 * network namespace bring images. Needs root and, once, mmdebstrap and the Debian mirror (20-60 s, cached in .cache/oracle).
 */

import { once } from 'node:events';
import { type EngineName, startEngine } from './engines.ts';
import { request } from './http.ts';

const [name, ...args] = process.argv.slice(2);
if (name !== '20' && name !== '28' && name !== 'ours') {
  console.error('usage: node test/oracle/run.ts 20|28|ours [dockerd options]');
  process.exit(2);
}
const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
const engine = await startEngine(name satisfies EngineName, { args });
try {
  const version = JSON.parse((await request(engine.socket, { path: '/version' })).body.toString()) as Record<string, string>;
  console.log(`socket  ${engine.socket}`);
  console.log(`version ${version.Version}, API ${version.MinAPIVersion} to ${version.ApiVersion}`);
  console.log(`enter   ${(await engine.sandbox.inside('sh')).join(' ')}`);
  console.log(`log     ${engine.sandbox.log}`);
  await stopped;
} finally {
  await engine.stop();
}
