// Prints a docker CLI to use: the user's own, else (or with --unpacked) Debian trixie's package docker-cli, unpacked into
// the project's cache; nothing is installed and no daemon comes with it. Runs on Node 24 (imports TypeScript).
import { join } from 'node:path';
import { unpackPackage } from './content/debian.ts';
import { CACHE, capture } from './setup.mjs';

const own = process.argv.includes('--unpacked') ? undefined : capture('docker', ['--version']);
if (own !== undefined) console.log('docker');
else console.log(join(await unpackPackage('docker-cli', join(CACHE, 'docker-cli-trixie'), 'trixie'), 'usr/bin/docker'));
