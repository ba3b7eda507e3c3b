// Builds an image in a process of its own, so that a test can give it another user, clock, umask and folder.
// node build-program.js '{"outDir": …, "from": <path of a manifest or nothing>, …}'

import { readFileSync } from 'node:fs';
import { processRunner } from '../../../src/host/process-runner.ts';
import { buildImage } from '../../../src/image/build-image.ts';
import { parseManifest } from '../../../src/image/manifest.ts';

const { from, umask, ...options } = JSON.parse(process.argv[2] ?? '{}');
process.umask(Number.parseInt(umask, 8));
const manifest = await buildImage({
  ...options,
  from: from ? parseManifest(readFileSync(from, 'utf8'), from) : undefined,
  version: '0.0.0-test',
  runner: processRunner({ info: () => {}, warn: () => {}, debug: () => {} }),
  fetch,
  now: new Date(),
  onStep: () => {},
});
process.stdout.write(JSON.stringify({ digest: manifest.digest, user: process.getuid?.(), year: new Date().getUTCFullYear() }));
