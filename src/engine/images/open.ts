import { ContainerLayers } from '../layers/container-layers.ts';
import { ImageLayers } from '../layers/image-layers.ts';
import type { RegistryOptions } from '../registry/endpoints.ts';
import { Puller } from './pull.ts';
import { Images } from './store.ts';

export interface ImageStores {
  images: Images;
  layers: ContainerLayers;
  puller: Puller;
}

/** Opens what is under a data root. Before use, `layers.clear(ids of all containers)` takes away what a crash left. */
export async function openImageStores(dataRoot: string, registry: () => RegistryOptions): Promise<ImageStores> {
  const imageLayers = await ImageLayers.open(dataRoot);
  const layers = new ContainerLayers(imageLayers);
  const images = await Images.open(dataRoot, imageLayers);
  return { images, layers, puller: new Puller(images, registry) };
}
