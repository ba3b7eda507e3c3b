import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeFileAtomic } from '../../core/atomic-file.ts';
import { systemCode } from '../../core/errors.ts';
import type { Volume, VolumeStore } from '../contracts.ts';
import { badRequest } from '../errors.ts';
import { copyFromImage } from './copy-from-image.ts';

/** Label of a volume nobody named (moby, since API 1.42: what prune removes without `all`). */
export const ANONYMOUS = 'com.docker.volume.anonymous';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Volumes of the local driver: `<data-root>/volumes/<name>/{_data,volume.json}`. A volume appears in one rename. */
export class Volumes implements VolumeStore {
  readonly #root: string;
  readonly #making = new Map<string, Promise<Volume>>();

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(dataRoot: string): Promise<Volumes> {
    const volumes = new Volumes(join(dataRoot, 'volumes'));
    await mkdir(volumes.#root, { recursive: true, mode: 0o701 });
    for (const name of await readdir(volumes.#root)) {
      if (name.startsWith('.')) await rm(join(volumes.#root, name), { recursive: true, force: true });
    }
    return volumes;
  }

  async ensure(name?: string, labels?: Record<string, string>): Promise<Volume> {
    if (name === undefined) return this.#make(randomBytes(32).toString('hex'), { ...labels, [ANONYMOUS]: '' });
    checkName(name);
    const existing = await this.get(name);
    if (existing) return existing;
    const making = this.#making.get(name) ?? this.#make(name, labels).finally(() => this.#making.delete(name));
    this.#making.set(name, making);
    return making;
  }

  async get(name: string): Promise<Volume | undefined> {
    if (!NAME.test(name)) return undefined;
    let labels: Record<string, string> | null = null;
    let created: string | undefined;
    try {
      const stored = JSON.parse(await readFile(join(this.#root, name, 'volume.json'), 'utf8')) as Partial<Volume>;
      labels = stored.Labels ?? null;
      created = stored.CreatedAt;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR' && !(error instanceof SyntaxError)) throw error;
    }
    const data = join(this.#root, name, '_data');
    const found = await stat(data).catch(() => undefined);
    if (!found?.isDirectory()) return undefined;
    return {
      Name: name,
      Driver: 'local',
      Mountpoint: data,
      CreatedAt: created ?? dockerTime(found.birthtime),
      Labels: labels,
      Options: null,
      Scope: 'local',
    };
  }

  async list(): Promise<Volume[]> {
    const names = (await readdir(this.#root)).sort();
    const volumes = await Promise.all(names.map((name) => this.get(name)));
    return volumes.filter((volume) => volume !== undefined);
  }

  async remove(name: string): Promise<void> {
    if (!NAME.test(name)) return;
    const aside = join(this.#root, `.removing-${randomBytes(8).toString('hex')}`);
    try {
      await rename(join(this.#root, name), aside);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      throw error;
    }
    await rm(aside, { recursive: true, force: true, maxRetries: 3 });
  }

  async populate(volume: Volume, rootfs: string, path: string): Promise<void> {
    if ((await readdir(volume.Mountpoint)).length > 0) return;
    await copyFromImage(rootfs, path, volume.Mountpoint);
  }

  async #make(name: string, labels: Record<string, string> | undefined): Promise<Volume> {
    const staging = join(this.#root, `.new-${randomBytes(8).toString('hex')}`);
    await mkdir(join(staging, '_data'), { recursive: true, mode: 0o755 });
    const stored = { Name: name, CreatedAt: dockerTime(new Date()), Labels: labels ?? null };
    await writeFileAtomic(join(staging, 'volume.json'), JSON.stringify(stored));
    await rename(staging, join(this.#root, name));
    await syncFolder(this.#root);
    return { ...stored, Driver: 'local', Mountpoint: join(this.#root, name, '_data'), Options: null, Scope: 'local' };
  }
}

/** RFC 3339 without fractions. */
const dockerTime = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z');

function checkName(name: string): void {
  if (name.length === 1) {
    throw badRequest(`create ${name}: volume name is too short, names should be at least two alphanumeric characters`);
  }
  if (!NAME.test(name)) {
    throw badRequest(
      `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
}
