import { randomBytes } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** 26 letters, as Docker names a layer where space is dear: mount(2) takes all lower layers in one page of text. */
function shortName(): string {
  return [...randomBytes(26)].map((byte) => LETTERS[byte % 32]).join('');
}

/** Makes `<folder>/link` and `l/<short name>` -> `../<name>/diff`, where `name` is what the folder will be called. Gives the short name. */
export async function makeLink(root: string, folder: string, name: string): Promise<string> {
  const short = shortName();
  await mkdir(join(root, 'l'), { recursive: true, mode: 0o710 });
  await writeFile(join(folder, 'link'), short);
  await symlink(join('..', name, 'diff'), join(root, 'l', short));
  return short;
}
