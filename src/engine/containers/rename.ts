import { badRequest, EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import { type ContainerServices, containerEvent } from './services.ts';

/** `POST /containers/{id}/rename`. Throws 400 and 409. */
export function renameContainer(services: ContainerServices, container: Container, wanted: string): Promise<void> {
  return container.changes.run(async () => {
    if (wanted === '' || wanted === '/') throw badRequest('Neither old nor new names may be empty');
    const before = container.name;
    if (wanted.replace(/^\//, '') === before) throw badRequest(`Renaming a container with the same name as its current name`);
    const name = reserve(services, container, wanted);
    container.record.name = `/${name}`;
    await services.records.save(container.record);
    services.registry.releaseName(before, container.id);
    containerEvent(services, container, 'rename', { oldName: `/${before}` });
  });
}

function reserve(services: ContainerServices, container: Container, wanted: string): string {
  try {
    return services.registry.reserveName(wanted.startsWith('/') ? wanted : `/${wanted}`, container.id);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.status, `Error when allocating new name: ${error.message}`, { cause: error });
  }
}
