import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeFileAtomic } from '../../core/atomic-file.ts';
import type { ContainerRecord } from './types.ts';

const fileName = 'config.v2.json';

/** Container records under `<data-root>/containers/<id>`; each written whole or not at all, also at a power cut. */
export class RecordStore {
  readonly #root: string;

  constructor(dataRoot: string) {
    this.#root = join(dataRoot, 'containers');
  }

  directory(id: string): string {
    return join(this.#root, id);
  }

  logPath(id: string): string {
    return join(this.#root, id, `${id}-json.log`);
  }

  /** Durable when it resolves. */
  async create(record: ContainerRecord): Promise<void> {
    await mkdir(this.directory(record.id), { recursive: true, mode: 0o710 });
    await this.save(record);
    await syncFolder(this.#root);
  }

  async save(record: ContainerRecord): Promise<void> {
    await writeFileAtomic(join(this.directory(record.id), fileName), JSON.stringify(record));
  }

  async remove(id: string): Promise<void> {
    // The record goes first: without it the rest is nobody's and is cleared away at the next start.
    await rm(join(this.directory(id), fileName), { force: true });
    await rm(this.directory(id), { recursive: true, force: true });
  }

  /**
   * Every readable record; the ids of directories that hold none (a create or removal that was cut off); the ids of those
   * whose record is not one: they are left alone.
   */
  async load(): Promise<{ records: ContainerRecord[]; orphans: string[]; broken: string[] }> {
    await mkdir(this.#root, { recursive: true, mode: 0o710 });
    const ids = await readdir(this.#root);
    const found = await Promise.all(ids.map(async (id) => [id, await this.#read(id)] as const));
    return {
      records: found.flatMap(([, record]) => (typeof record === 'object' ? [record] : [])),
      orphans: found.flatMap(([id, record]) => (record === 'absent' ? [id] : [])),
      broken: found.flatMap(([id, record]) => (record === 'broken' ? [id] : [])),
    };
  }

  async #read(id: string): Promise<ContainerRecord | 'absent' | 'broken'> {
    try {
      const record = JSON.parse(await readFile(join(this.directory(id), fileName), 'utf8')) as ContainerRecord;
      return record.formatVersion === 1 && record.id === id ? record : 'broken';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'absent' : 'broken';
    }
  }
}
