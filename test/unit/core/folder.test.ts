import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder } from '../../../src/core/folder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

it('makes what is missing for its owner alone and leaves the rest', async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'a'), { mode: 0o755 });
  await makeFolder(join(root, 'a/b/c'));
  await makeFolder(join(root, 'a/b/c'));
  expect(['a', 'a/b', 'a/b/c'].map((path) => statSync(join(root, path)).mode & 0o777)).toEqual([0o755, 0o700, 0o700]);
});

it('may be asked by many at once', async () => {
  const path = join(temporaryFolder(), 'a/b/c/d');
  await Promise.all(Array.from({ length: 20 }, () => makeFolder(path)));
  expect(statSync(path).isDirectory()).toBe(true);
});

it('throws below a file, and ends where no folder can be made', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await expect(makeFolder(join(file, 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await expect(makeFolder('/proc/nowhere/x')).rejects.toMatchObject({ code: 'ENOENT' });
});
