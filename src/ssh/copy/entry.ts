/** What a copy is made of, whichever way it travels: the shape of scp's own protocol. */
export type CopyEntry =
  /** `content` gives exactly `size` bytes, or throws. */
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly mode: number;
      readonly size: number;
      readonly content: AsyncIterable<Uint8Array>;
    }
  /** What follows up to the matching `leave` lies in it. */
  | { readonly kind: 'folder'; readonly name: string; readonly mode: number }
  | { readonly kind: 'leave' }
  /** Something that is left out of the copy, with the reason. The copy goes on. */
  | { readonly kind: 'problem'; readonly text: string };

export type FileEntry = Extract<CopyEntry, { kind: 'file' }>;

/** Takes entries in. */
export interface CopyTarget {
  /** Whether what is copied goes into it (a folder that exists), or is it. */
  isFolder(): Promise<boolean>;
  /** Throws `CopyProblem` when this file cannot be written; its content need not be read to the end then. */
  file(entry: FileEntry): Promise<void>;
  /** Throws `CopyProblem`: what lies in the folder is then left out. */
  enter(name: string, mode: number): Promise<void>;
  leave(): Promise<void>;
  /** After the last entry; throws `CopyProblem`. */
  finish(): Promise<void>;
}

/** What keeps one file from being copied, in scp's words: `path: reason`. */
export class CopyProblem extends Error {}

/** Names come from a server that may be hostile: none may lead out of the folder it is in. */
export function isPlainName(name: string, os: NodeJS.Platform): boolean {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) return false;
  return os !== 'win32' || !/[\\:]/.test(name);
}
