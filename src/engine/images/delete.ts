import type { EventBus } from '../contracts.ts';
import { conflict } from '../errors.ts';
import { familiarString, fullName, parseReference, type Reference, withDefaultTag } from './reference.ts';
import type { Images, StoredImage } from './store.ts';

export type DeleteRecord = { Untagged: string } | { Deleted: string };

const short = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12);

const isIdPrefix = (id: string, text: string): boolean => id.startsWith(text) || id.slice(7).startsWith(text);

/** All names are of one repository with at most one tag among them. */
function isSingle(references: readonly Reference[]): boolean {
  if (references.length <= 1) return references.length === 1;
  const tagged = references.filter((reference) => reference.digest === undefined);
  if (tagged.length > 1) return false;
  return new Set(references.map(fullName)).size === 1;
}

/**
 * `docker rmi`, with dockerd's rules: a name given is taken away first and the image goes when no name is left; an id
 * takes all names of one repository. Throws EngineError 404, or 409 for what containers or several repositories hold.
 */
export async function deleteImage(images: Images, text: string, force: boolean, events: EventBus): Promise<DeleteRecord[]> {
  const image = images.find(text);
  const records: DeleteRecord[] = [];
  const untag = async (reference: Reference): Promise<void> => {
    await images.repositories.delete(reference);
    events.publish('image', 'untag', image.id, { name: image.id });
    records.push({ Untagged: familiarString(reference) });
  };
  const references = images.repositories.of(image.id);
  let quiet = false;
  if (!isIdPrefix(image.id, text)) {
    const user = images.containersOf(image.id)[0];
    if (!force && isSingle(references) && user) {
      throw conflict(
        `conflict: unable to remove repository reference "${text}" (must force) - container ${short(user.id)} is using its referenced image ${short(image.id)}`,
      );
    }
    await removeName(images, image, withDefaultTag(parseReference(text)), untag, records);
    if (images.repositories.of(image.id).length > 0) return records;
    quiet = true;
  } else if (isSingle(references)) {
    checkConflicts(images, image, { soft: !force, names: false });
    for (const reference of references) await untag(reference);
  }
  const refused = conflictOf(images, image, { soft: !force, names: !force });
  if (refused) {
    if (quiet && refused.used) return records;
    throw conflict(refused.message);
  }
  for (const reference of images.repositories.of(image.id)) await untag(reference);
  const layers = await images.remove(image);
  await images.repositories.forget(image.id);
  events.publish('image', 'delete', image.id, { name: image.id });
  return [...records, { Deleted: image.id }, ...layers.map((chainId) => ({ Deleted: chainId }))];
}

/** A tag taken away takes the digests of its repository with it when no other tag of that repository is left. */
async function removeName(
  images: Images,
  image: StoredImage,
  name: Reference,
  untag: (reference: Reference) => Promise<void>,
  records: DeleteRecord[],
): Promise<void> {
  await untag(name.digest === undefined ? name : { domain: name.domain, path: name.path, digest: name.digest });
  if (name.digest !== undefined) return;
  const sameRepository = images.repositories.of(image.id).filter((reference) => fullName(reference) === fullName(name));
  if (sameRepository.some((reference) => reference.digest === undefined)) return;
  for (const reference of sameRepository) {
    await images.repositories.delete(reference);
    records.push({ Untagged: familiarString(reference) });
  }
}

interface Checks {
  /** Also what --force overrides. */
  soft: boolean;
  names: boolean;
}

function checkConflicts(images: Images, image: StoredImage, checks: Checks): void {
  const refused = conflictOf(images, image, checks);
  if (refused) throw conflict(refused.message);
}

function conflictOf(images: Images, image: StoredImage, checks: Checks): { message: string; used: boolean } | undefined {
  const say = (can: string, why: string, used: boolean): { message: string; used: boolean } => ({
    message: `conflict: unable to delete ${short(image.id)} (${can} be forced) - ${why}`,
    used,
  });
  const containers = images.containersOf(image.id);
  const running = containers.find((container) => container.running);
  if (running) return say('cannot', `image is being used by running container ${short(running.id)}`, true);
  if (checks.names && images.repositories.of(image.id).length > 0)
    return say('must', 'image is referenced in multiple repositories', false);
  const stopped = containers[0];
  if (checks.soft && stopped) return say('must', `image is being used by stopped container ${short(stopped.id)}`, true);
  return undefined;
}
