/** Pulls one image into a data root, to be killed in the middle. Says so before it begins. */
import { openImageStores } from '../../../src/engine/images/open.ts';
import { parseReference, withDefaultTag } from '../../../src/engine/images/reference.ts';

const [root = '', name = ''] = process.argv.slice(2);
const { puller, layers } = await openImageStores(root, () => ({
  mirrors: [],
  insecureRegistries: [],
  proxies: { http: '', https: '', none: '' },
  maxConcurrentDownloads: 3,
  maxDownloadAttempts: 5,
}));
await layers.clear([]);
process.stdout.write('begins\n');
await puller.pull(
  {
    reference: withDefaultTag(parseReference(name)),
    platform: { os: 'linux', architecture: 'amd64' },
    credentials: {},
    signal: new AbortController().signal,
  },
  { write: () => undefined },
);
