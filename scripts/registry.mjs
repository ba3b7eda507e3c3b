/**
 * A registry with the images this project makes (hello-world, busybox), for hosts without Docker Hub and for tests:
 *
 *     node scripts/registry.mjs [start]   # prints its URL as a guest under QEMU's user network sees it
 *     node scripts/registry.mjs url       # as this computer sees it (starts it too)
 *     node scripts/registry.mjs stop
 *
 * Debian's docker-registry, unpacked into .cache, on 127.0.0.1 only. Started once it stays; needs Node 24 for the types.
 */

import { fileURLToPath } from 'node:url';
import { ensureRegistry, stopRegistry } from './content/lasting-registry.ts';

const cache = fileURLToPath(new URL('../.cache', import.meta.url));
const [verb = 'start'] = process.argv.slice(2);
if (verb === 'stop') await stopRegistry(cache);
else if (verb === 'start') console.log(`http://10.0.2.2:${await ensureRegistry(cache)}`);
else if (verb === 'url') console.log(`http://127.0.0.1:${await ensureRegistry(cache)}`);
else {
  console.error('usage: node scripts/registry.mjs [start|url|stop]');
  process.exit(2);
}
