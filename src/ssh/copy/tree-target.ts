import { CopyProblem, type CopyTarget, type FileEntry } from './entry.ts';
import type { FileSystem } from './file-system.ts';

/** Puts entries into a folder that exists, or makes the one entry be `path`. */
export function treeTarget(files: FileSystem, path: string): CopyTarget {
  const folders: string[] = [];
  const isFolder = async () => (await files.stat(path))?.kind === 'folder';
  const placeOf = async (name: string) => {
    const above = folders.at(-1);
    if (above !== undefined) return files.join(above, name);
    return (await isFolder()) ? files.join(path, name) : path;
  };
  return {
    isFolder,
    async file({ name, mode, content }: FileEntry) {
      await files.write(await placeOf(name), mode, content);
    },
    async enter(name, mode) {
      const place = await placeOf(name);
      const found = await files.stat(place);
      if (found && found.kind !== 'folder') throw new CopyProblem(`${place}: Not a directory`);
      // While it is being filled its owner must be able to write; as OpenSSH does.
      if (!found) await files.makeFolder(place, mode | 0o700);
      folders.push(place);
    },
    async leave() {
      folders.pop();
    },
    async finish() {},
  };
}
