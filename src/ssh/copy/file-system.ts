/** One side of a copy, where files can be reached by path: this computer, or a machine over SFTP. Paths follow links, as in scp. */
export interface FileSystem {
  readonly os: NodeJS.Platform;
  /** Undefined when there is nothing. Throws `CopyProblem`. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Names in a folder, sorted by bytes. Throws `CopyProblem`. */
  list(path: string): Promise<string[]>;
  /** The first `size` bytes of a file. Throws `CopyProblem`, also when it is shorter. */
  read(path: string, size: number): AsyncIterable<Uint8Array>;
  /** Writes a file in place; a new one gets `mode` less what the side's umask takes. Throws `CopyProblem`. */
  write(path: string, mode: number, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Makes one folder. Throws `CopyProblem`. */
  makeFolder(path: string, mode: number): Promise<void>;
  /** The same for all paths of one file, as far as this side tells; undefined when there is none. */
  identity(path: string): Promise<string | undefined>;
  join(folder: string, name: string): string;
  /** The last part of a path: what a copy of it is called. That of `..` is called `.`: its content goes into the target. */
  nameOf(path: string): string;
}

export interface FileStat {
  readonly kind: 'file' | 'folder' | 'other';
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
}
