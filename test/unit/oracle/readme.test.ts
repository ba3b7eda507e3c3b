import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ignored } from '../../oracle/ignored.ts';

test('the README tells each thing that is not compared, with its reason', () => {
  const readme = readFileSync(new URL('../../oracle/README.md', import.meta.url), 'utf8');
  for (const { reason } of ignored) expect(readme).toContain(reason);
});
