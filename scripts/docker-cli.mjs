// Prints a docker CLI to use: the user's own, else Debian trixie's package docker-cli unpacked into the project's cache.
// The package is found, verified and read by the image builder's own Debian code; nothing is installed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, capture } from './setup.mjs';

const unpacked = join(CACHE, 'docker-cli/usr/bin/docker');
const own = process.argv.includes('--unpacked') ? undefined : capture('docker', ['--version']);
if (own) console.log('docker');
else {
  if (!existsSync(unpacked)) {
    const { unpackPackage } = await import('../src/image/index.ts');
    await unpackPackage('docker-cli', join(CACHE, 'docker-cli'), { cacheDir: join(CACHE, 'packages') });
  }
  console.log(unpacked);
}
