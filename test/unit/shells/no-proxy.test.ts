import { describe, expect, it } from 'vitest';
import { mergeNoProxy, noProxyVariable } from '../../../src/shells/index.ts';

describe('no-proxy', () => {
  it.each([
    [{}, 'NO_PROXY'],
    [{ no_proxy: '' }, 'NO_PROXY'],
    [{ no_proxy: 'a' }, 'no_proxy'],
    [{ no_proxy: 'a', NO_PROXY: 'b' }, 'no_proxy'],
  ])('%j uses %s', (env, name) => expect(noProxyVariable(env)).toBe(name));

  it.each([
    [{}, '10.0.0.1'],
    [{ NO_PROXY: 'localhost' }, 'localhost,10.0.0.1'],
    [{ NO_PROXY: 'localhost,10.0.0.1' }, 'localhost,10.0.0.1'],
    [{ NO_PROXY: 'a, 10.0.0.1 ,b' }, 'a, 10.0.0.1 ,b'],
    [{ no_proxy: '110.0.0.10' }, '110.0.0.10,10.0.0.1'],
    [{ no_proxy: 'x10.0.0.1' }, 'x10.0.0.1,10.0.0.1'],
  ])('%j becomes %s', (env, value) => expect(mergeNoProxy(env, '10.0.0.1')).toBe(value));
});
