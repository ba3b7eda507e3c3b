import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { systemCode } from '../../core/errors.ts';
import { familiarString, fullString, parseReference, type Reference } from './reference.ts';

interface Stored {
  Repositories: Record<string, string>;
  LastTagTimes: Record<string, string>;
}

/** Which names lead to which image; `<data-root>/image/overlay2/repositories.json`, familiar reference to image id. */
export class Repositories {
  readonly #path: string;
  #names = new Map<string, string>();
  #tagged = new Map<string, string>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  static async open(path: string): Promise<Repositories> {
    const repositories = new Repositories(path);
    try {
      const stored = JSON.parse(await readFile(path, 'utf8')) as Partial<Stored>;
      repositories.#names = new Map(Object.entries(stored.Repositories ?? {}));
      repositories.#tagged = new Map(Object.entries(stored.LastTagTimes ?? {}));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
    }
    return repositories;
  }

  get(reference: Reference): string | undefined {
    return this.#names.get(familiarString(reference));
  }

  /** All names of an image, in the order `docker images` shows them. */
  of(imageId: string): Reference[] {
    return [...this.#names]
      .filter(([, id]) => id === imageId)
      .map(([name]) => parseReference(name))
      .sort((a, b) => (fullString(a) < fullString(b) ? -1 : 1));
  }

  /** When a user last gave the image a name, for `Metadata.LastTagTime`; a pull does not count. */
  lastTagged(imageId: string): string | undefined {
    return this.#tagged.get(imageId);
  }

  async noteTagged(imageId: string, time: string): Promise<void> {
    this.#tagged.set(imageId, time);
    await this.#save();
  }

  async forget(imageId: string): Promise<void> {
    if (this.#tagged.delete(imageId)) await this.#save();
  }

  async set(reference: Reference, imageId: string): Promise<void> {
    if (this.#names.get(familiarString(reference)) === imageId) return;
    this.#names.set(familiarString(reference), imageId);
    await this.#save();
  }

  async delete(reference: Reference): Promise<boolean> {
    const found = this.#names.delete(familiarString(reference));
    if (found) await this.#save();
    return found;
  }

  #stored(): Stored {
    return { Repositories: Object.fromEntries(this.#names), LastTagTimes: Object.fromEntries(this.#tagged) };
  }

  /** One writer at a time, and each writes what is true when its turn comes. */
  #save(): Promise<void> {
    const write = (): Promise<void> => writeFileAtomic(this.#path, JSON.stringify(this.#stored()));
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }
}
