/**
 * A file system to be, in memory: what goes into the initramfs and the root image. Everything belongs to root, nothing has a
 * time stamp: both image formats are written so that the same tree always gives the same bytes.
 */

export type TreeEntry =
  | { readonly type: 'file'; readonly mode: number; readonly data: Uint8Array }
  | { readonly type: 'directory'; readonly mode: number }
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'character-device'; readonly mode: number; readonly major: number; readonly minor: number };

export class FileTree {
  readonly #entries = new Map<string, TreeEntry>();

  /** Adds or replaces; parents that are not there yet are made as 0755. `path` is relative, without `.` and `..`. */
  put(path: string, entry: TreeEntry): void {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (parent !== '' && !this.#entries.has(parent)) this.put(parent, { type: 'directory', mode: 0o755 });
    this.#entries.set(path, entry);
  }

  file(path: string, data: string | Uint8Array, mode = 0o644): void {
    this.put(path, { type: 'file', mode, data: typeof data === 'string' ? Buffer.from(data) : data });
  }

  symlink(path: string, target: string): void {
    this.put(path, { type: 'symlink', target });
  }

  directory(path: string, mode = 0o755): void {
    this.put(path, { type: 'directory', mode });
  }

  device(path: string, mode: number, major: number, minor: number): void {
    this.put(path, { type: 'character-device', mode, major, minor });
  }

  get(path: string): TreeEntry | undefined {
    return this.#entries.get(path);
  }

  /** The content of a regular file; undefined for anything else. */
  data(path: string): Uint8Array | undefined {
    const entry = this.#entries.get(path);
    return entry?.type === 'file' ? entry.data : undefined;
  }

  delete(path: string): void {
    this.#entries.delete(path);
  }

  /** In byte order of the paths, so parents come before what is in them. */
  sorted(): [string, TreeEntry][] {
    return [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
