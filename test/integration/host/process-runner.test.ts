import { describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { processRunner } from '../../../src/host/process-runner.ts';

describe('the process runner', () => {
  it("finds what is not on an ordinary user's PATH", async () => {
    vi.stubEnv('PATH', '/usr/bin:/bin');
    const { stderr } = await processRunner(silentLogger).run('mke2fs', ['-V']);
    expect(stderr).toMatch(/^mke2fs \d/);
    vi.unstubAllEnvs();
  });

  it('tells a program that is nowhere', async () => {
    await expect(processRunner(silentLogger).run('no-such-program', [])).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' });
  });

  it('gives the environment it is given, and no other', async () => {
    const { stdout } = await processRunner(silentLogger).run('/usr/bin/env', [], { env: { ONLY: 'this' } });
    expect(stdout).toBe('ONLY=this\n');
  });
});
