import { badRequest, conflict, EngineError, notFound } from '../errors.ts';
import type { Container } from './container.ts';
import { randomName } from './random-name.ts';

/** All containers, by id, id prefix and name. */
export class ContainerRegistry {
  readonly #byId = new Map<string, Container>();
  readonly #names = new Map<string, string>();

  /** Newest first. */
  list(): Container[] {
    return [...this.#byId.values()].sort((a, b) => (a.record.created < b.record.created ? 1 : -1));
  }

  get size(): number {
    return this.#byId.size;
  }

  byId(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  /** By full id, name or unambiguous prefix of an id, in this order. Throws 404, or 400 for an ambiguous prefix. */
  get(reference: string): Container {
    const exact = this.#byId.get(reference) ?? this.#byId.get(this.#names.get(reference.replace(/^\//, '')) ?? '');
    if (exact !== undefined) return exact;
    const matches = reference === '' ? [] : [...this.#byId.values()].filter((container) => container.id.startsWith(reference));
    if (matches.length > 1) throw badRequest(`multiple IDs found with provided prefix: ${reference}`);
    const [match] = matches;
    if (match === undefined) throw notFound(`No such container: ${reference}`);
    return match;
  }

  /** Reserves a name for an id; `''` chooses one. Throws 400 for a bad name, 409 for a taken one. */
  reserveName(wanted: string, id: string): string {
    if (wanted === '') return this.#reserveRandom(id);
    const name = wanted.replace(/^\//, '');
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
      throw badRequest(`Invalid container name (${wanted}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
    }
    const owner = this.#names.get(name);
    if (owner !== undefined && owner !== id) {
      throw conflict(
        `Conflict. The container name "/${name}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    }
    this.#names.set(name, id);
    return name;
  }

  releaseName(name: string, id: string): void {
    if (this.#names.get(name) === id) this.#names.delete(name);
  }

  add(container: Container): void {
    const { id, name } = container;
    if (this.#byId.has(id)) throw new EngineError(500, 'container is already loaded');
    this.#byId.set(id, container);
    if (!this.#names.has(name)) this.#names.set(name, id);
  }

  remove(container: Container): void {
    this.#byId.delete(container.id);
    this.releaseName(container.name, container.id);
  }

  #reserveRandom(id: string): string {
    for (let attempt = 0; attempt < 6; attempt++) {
      const name = randomName(attempt);
      if (this.#names.has(name)) continue;
      this.#names.set(name, id);
      return name;
    }
    this.#names.set(id.slice(0, 12), id);
    return id.slice(0, 12);
  }
}
