import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyRecord, readRecord, writeRecord } from '../../../src/store/record.ts';
import { storeId } from '../../../src/store/store-id.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = () => temporaryFolder();

describe('tsmachine.json', () => {
  it('is what was written', async () => {
    const path = join(await folder(), 'tsmachine.json');
    const record = { ...emptyRecord, phase: 'failed' as const, error: { code: 'X', message: 'y' }, hostKeys: ['ssh-ed25519 AAAA'] };
    await writeRecord(path, record);
    expect(await readRecord(path)).toEqual(record);
  });

  it('may be missing: docker-machine writes none', async () => {
    expect(await readRecord(join(await folder(), 'tsmachine.json'))).toBeUndefined();
  });

  it.each([
    ['{', /JSON/],
    ['{"formatVersion":2}', /formatVersion: expected 1, found 2/],
    ['{"phase":"new"}', /phase: expected .*found "new"/],
    ['{"certificateGeneration":"1"}', /certificateGeneration: expected a whole number/],
    ['{"hostKeys":[1]}', /hostKeys: expected a list/],
  ])('refuses %s', async (text, message) => {
    const path = join(await folder(), 'tsmachine.json');
    await writeFile(path, text);
    await expect(readRecord(path)).rejects.toMatchObject({ code: 'MACHINE_BROKEN', message: expect.stringMatching(message) });
  });
});

describe('storeId', () => {
  it('is one for all who ask at once, and for ever', async () => {
    const path = join(await folder(), 'store', 'tsmachine.json');
    const ids = await Promise.all(Array.from({ length: 20 }, () => storeId(path)));
    expect(new Set(ids).size).toBe(1);
    expect(await storeId(path)).toBe(ids[0]);
  });

  it('differs between stores', async () => {
    expect(await storeId(join(await folder(), 'a'))).not.toBe(await storeId(join(await folder(), 'a')));
  });
});
