import type { EventBus } from '../contracts.ts';
import { type DeleteRecord, deleteImage } from '../images/delete.ts';
import type { Images } from '../images/store.ts';
import { Filters } from './filters.ts';
import { untilOf } from './image-summaries.ts';

/** `POST /images/prune`: images without a name, or with `dangling=false` all that no container uses. */
export async function pruneImages(images: Images, text: string, events: EventBus): Promise<Record<string, unknown>> {
  const filters = Filters.parse(text, ['dangling', 'label', 'label!', 'until']);
  const danglingOnly = filters.boolean('dangling') ?? true;
  const limits = filters.all('until').map(untilOf);
  const deleted: DeleteRecord[] = [];
  const before = images.layers.list().reduce((sum, layer) => sum + layer.size, 0);
  for (const image of images.list()) {
    const created = Date.parse(image.config.created ?? '') || 0;
    const names = images.repositories.of(image.id);
    if (danglingOnly && names.length > 0) continue;
    if (images.containersOf(image.id).length > 0 || limits.some((limit) => created >= limit)) continue;
    const labels = image.config.config?.Labels;
    if (!filters.matchesLabels('label', labels) || (filters.has('label!') && filters.matchesLabels('label!', labels))) continue;
    deleted.push(...(await deleteImage(images, image.id, true, events)));
  }
  const after = images.layers.list().reduce((sum, layer) => sum + layer.size, 0);
  return { ImagesDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: before - after };
}
