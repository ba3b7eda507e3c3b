import { type CopyEntry, CopyProblem, type CopyTarget, type FileEntry } from './entry.ts';

/** Told while a copy goes on. */
export interface CopyListener {
  /** Something was left out; the copy goes on. */
  problem(text: string): void;
  /** Bytes of a file that have been taken over, at its begin, now and then, and at its end. */
  progress(name: string, done: number, size: number): void;
}

/** Hands all entries to the target. Gives the number of problems, each told. Rejects when the connection breaks. */
export async function copyEntries(entries: AsyncIterable<CopyEntry>, target: CopyTarget, listener: CopyListener): Promise<number> {
  let problems = 0;
  let left = 0; // depth inside a folder that the target does not take
  const told = async (work: Promise<void>): Promise<boolean> => {
    try {
      await work;
      return true;
    } catch (error) {
      if (!(error instanceof CopyProblem)) throw error;
      problems += 1;
      listener.problem(error.message);
      return false;
    }
  };
  for await (const entry of entries) {
    if (entry.kind === 'problem') await told(Promise.reject(new CopyProblem(entry.text)));
    else if (entry.kind === 'leave') {
      if (left > 0) left -= 1;
      else await target.leave();
    } else if (left > 0) left += entry.kind === 'folder' ? 1 : 0;
    else if (entry.kind === 'file') await told(target.file(watched(entry, listener)));
    else if (!(await told(target.enter(entry.name, entry.mode)))) left = 1;
  }
  await told(target.finish());
  return problems;
}

function watched(entry: FileEntry, listener: CopyListener): FileEntry {
  const { name, size, content } = entry;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    let done = 0;
    listener.progress(name, 0, size);
    for await (const chunk of content) {
      yield chunk;
      done += chunk.length;
      listener.progress(name, done, size);
    }
  };
  return { ...entry, content: counted() };
}
