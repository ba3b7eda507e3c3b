// Loaded before the engine: waits until the machine is prepared, then takes the engine's command line and environment from
// a file. So Node starts while the disk is mounted, not after it.
const { existsSync, readFileSync } = require('node:fs');

const path = '/run/tsmachine/engine.options';
const nothing = new Int32Array(new SharedArrayBuffer(4));
while (!existsSync(path)) Atomics.wait(nothing, 0, 0, 10);

const [argumentCount, ...fields] = readFileSync(path, 'utf8').split('\0');
process.argv.push(...fields.splice(0, Number(argumentCount)));
for (const field of fields) {
  const at = field.indexOf('=');
  if (at > 0) process.env[field.slice(0, at)] = field.slice(at + 1);
}
