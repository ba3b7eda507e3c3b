import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { emphasised } from '../../../src/cli/render/emphasis.ts';

const terminal = Object.assign(new PassThrough(), { isTTY: true });
const at = (env: Record<string, string>, err = terminal) => ({
  err,
  platform: { os: 'linux' as const, arch: 'x64' as const, env, home: '/', uid: 0 },
});

describe('emphasised', () => {
  it('reddens what went wrong and dims what to do, on a terminal', async () => {
    expect(await emphasised('broken\nmend it', at({ TERM: 'xterm' }))).toBe('\u001b[31mbroken\u001b[39m\n\u001b[2mmend it\u001b[22m');
  });

  it.each([[{ NO_COLOR: '1' }], [{ TERM: 'dumb' }]])('leaves it alone with %j', async (env) => {
    expect(await emphasised('broken\nmend it', at(env))).toBe('broken\nmend it');
  });

  it('leaves it alone where nobody looks', async () => {
    const pipe = Object.assign(new PassThrough(), { isTTY: false });
    expect(await emphasised('broken', at({ TERM: 'xterm' }, pipe))).toBe('broken');
  });
});
