import type { RemoteShell } from '../ssh/remote-shell.ts';
import { remoteFailure } from './reason.ts';
import { WRITE_FILES_SCRIPT } from './scripts/write-files.ts';

export interface RemoteFile {
  readonly path: string;
  readonly mode: number;
  readonly content: string;
}

/** What the engine takes from such files by a reload or a restart. */
export type FileTopic = 'certificates' | 'options' | 'repository';

/**
 * Writes files of root in one round trip; gives the paths of those that were not so already. Contents travel over stdin. Throws
 * `PROVISION_FAILED` with the machine's words.
 */
export async function writeFiles(root: RemoteShell, topic: FileTopic, files: readonly RemoteFile[]): Promise<string[]> {
  const contents = files.map(({ content }) => Buffer.from(content));
  const list = files.flatMap(({ path, mode }, index) => [mode.toString(8), path, String(contents[index]?.length)]);
  const result = await root.run(['sh', '-c', WRITE_FILES_SCRIPT, 'sh', topic, ...list], {
    input: Buffer.concat(contents),
  });
  if (result.exitCode !== 0)
    throw remoteFailure('PROVISION_FAILED', `the machine did not take ${files.map(({ path }) => path).join(', ')}`, {
      ...result,
      stdout: '',
    });
  return result.stdout.split('\n').filter((line) => line !== '');
}
