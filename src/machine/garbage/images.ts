import { basename } from 'node:path';
import { isMachineError } from '../../core/errors.ts';
import type { Orphan } from '../api.ts';
import { imagesOf, imageUsers } from '../boot-images.ts';
import type { MachinesHost } from '../host.ts';

/** Boot images that no machine starts from and no new one would get. */
export async function imageOrphans(host: MachinesHost): Promise<Orphan[]> {
  const images = imagesOf(host);
  const found: Orphan[] = [];
  for (const image of await images.list()) {
    const digest = 'manifest' in image ? image.manifest.digest : basename(image.dir);
    if ('manifest' in image && (image.current || (await imageUsers(host, digest)).length > 0)) continue;
    found.push({
      kind: 'image',
      name: digest,
      reason: 'manifest' in image ? 'no machine starts from it, and there is a newer one' : image.reason,
      remove: async () => {
        try {
          await images.remove(digest);
        } catch (error) {
          if (!isMachineError(error) || error.code !== 'IMAGE_NOT_FOUND') throw error; // another command was faster
        }
        return true;
      },
    });
  }
  return found;
}
