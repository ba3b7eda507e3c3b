import { describe, expect, it } from 'vitest';
import {
  allPages,
  callerSources,
  firewallChanges,
  httpAnswer,
  idempotencyToken,
  localAddressTowards,
  NoAnswer,
  ownerOf,
  parseSources,
  retryAfter,
  retrying,
  waitFor,
} from '../../../src/driver/cloud/index.ts';
import { thisPlatform } from '../../../src/host/platform.ts';

const { signal } = new AbortController();

/** Notes what is slept. */
function counted() {
  const slept: number[] = [];
  let now = 1_000_000;
  const clock = {
    now: () => now,
    sleep: async (milliseconds: number) => {
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
  return { slept, host: { clock, signal, random: () => 0.5 } };
}

describe('retrying', () => {
  const judge = (error: unknown) => (String(error).includes('passing') ? { again: true as const, base: 100 } : { again: false as const });

  it('waits twice as long each time, with jitter, and gives the first success', async () => {
    const { slept, host } = counted();
    let calls = 0;
    const call = async () => {
      if (++calls < 5) throw new Error('passing');
      return calls;
    };
    expect(await retrying(call, { attempts: 5, judge }, host)).toBe(5);
    expect(slept).toEqual([50, 100, 200, 400]);
  });

  it('throws the last error after so many calls, and at once what another call does not mend', async () => {
    const { slept, host } = counted();
    await expect(retrying(() => Promise.reject(new Error('passing')), { attempts: 3, judge }, host)).rejects.toThrow('passing');
    expect(slept).toHaveLength(2);
    await expect(retrying(() => Promise.reject(new Error('lasting')), { attempts: 3, judge }, host)).rejects.toThrow('lasting');
    expect(slept).toHaveLength(2);
  });

  it('waits as long as it is told, and never longer than 20 s of its own', async () => {
    const { slept, host } = counted();
    const rules = { attempts: 2, judge: () => ({ again: true as const, base: 10, told: 3000 }) };
    await expect(retrying(() => Promise.reject(new Error('x')), rules, host)).rejects.toThrow();
    const long = { attempts: 20, judge: () => ({ again: true as const, base: 1000 }) };
    await expect(retrying(() => Promise.reject(new Error('x')), long, host)).rejects.toThrow();
    expect(slept[0]).toBe(3000);
    expect(Math.max(...slept.slice(1))).toBe(10_000);
  });

  it('reads Retry-After as seconds and as a date', () => {
    expect(retryAfter(new Headers({ 'retry-after': '7' }), 0)).toBe(7000);
    expect(retryAfter(new Headers({ 'retry-after': 'Thu, 01 Jan 1970 00:00:09 GMT' }), 2000)).toBe(7000);
    expect(retryAfter(new Headers({ 'retry-after': 'soon' }), 0)).toBeUndefined();
    expect(retryAfter(new Headers(), 0)).toBeUndefined();
  });
});

describe('waitFor', () => {
  it('looks until there is something, or says that it is late', async () => {
    const { slept, host } = counted();
    let looks = 0;
    const patience = { timeout: 10_000, first: 1000, longest: 2000, late: () => new Error('late') };
    expect(await waitFor(async () => (++looks === 4 ? 'there' : undefined), patience, host)).toBe('there');
    expect(slept).toEqual([1000, 1500, 2000]);
    await expect(waitFor(async () => undefined, patience, host)).rejects.toThrow('late');
  });
});

describe('allPages', () => {
  it('follows tokens to the end, and not a server that repeats itself', async () => {
    expect(await allPages(async (token) => (token ? { items: [2] } : { items: [1], next: 'b' }))).toEqual([1, 2]);
    expect(await allPages(async () => ({ items: [1], next: 'same' }))).toEqual([1, 1]);
    let count = 0;
    await expect(allPages(async () => ({ items: [], next: `t${count++}` }))).rejects.toThrow('pages');
  });
});

describe('ownership', () => {
  it('is of the store whose id the tag has', () => {
    const context = { storeId: 'mine' } as Parameters<typeof ownerOf>[1];
    expect(ownerOf({ 'tsmachine-store': 'mine', 'tsmachine-machine': 'm' }, context)).toBe('m');
    expect(ownerOf({ 'tsmachine-store': 'theirs', 'tsmachine-machine': 'm' }, context)).toBeUndefined();
    expect(ownerOf({}, { ...context, storeId: '' })).toBeUndefined();
  });

  it('gives the same token for the same parts alone', () => {
    expect(idempotencyToken('a', 1)).toBe(idempotencyToken('a', 1));
    expect(new Set([idempotencyToken('ab', ''), idempotencyToken('a', 'b'), idempotencyToken('', 'ab')]).size).toBe(3);
  });
});

describe('the address of this computer', () => {
  const context = (answer: () => Response, env = {}) => ({
    signal,
    platform: { ...thisPlatform(), env },
    fetch: (async () => answer()) as typeof fetch,
  });

  it('is what the service sees, or the variable says', async () => {
    expect(
      await callerSources(
        context(() => new Response('203.0.113.7\n')),
        'https://ip.example',
      ),
    ).toEqual(['203.0.113.7/32']);
    expect(
      await callerSources(
        context(() => new Response('2001:db8::7')),
        'https://ip.example',
      ),
    ).toEqual(['2001:db8::7/128']);
    const env = { TSMACHINE_CALLER_ADDRESS: '10.0.0.0/8, 192.0.2.1' };
    expect(
      await callerSources(
        context(() => Response.error(), env),
        'https://ip.example',
      ),
    ).toEqual(['10.0.0.0/8', '192.0.2.1/32']);
  });

  it.each([
    () => new Response('<html>captive portal</html>'),
    () => new Response('1.2.3.4', { status: 500 }),
    () => new Response('x'.repeat(5000)),
  ])('is not made of anything else: %#', async (answer) => {
    await expect(callerSources(context(answer), 'https://ip.example')).rejects.toMatchObject({
      code: 'CALLER_ADDRESS',
      hint: expect.stringContaining('TSMACHINE_CALLER_ADDRESS'),
    });
  });

  it.each(['', '1.2.3', '1.2.3.4/33', '1.2.3.4/x', '::1/129', '1.2.3.4/8/8', 'all'])('refuses the source %j', (text) => {
    expect(() => parseSources(text, '--flag')).toThrow(/--flag: expected addresses or CIDRs/);
  });

  it('towards this computer is its own', async () => {
    expect(await localAddressTowards('127.0.0.1')).toBe('127.0.0.1');
  });
});

describe('httpAnswer', () => {
  it('tells what gave no whole answer', async () => {
    const failing = {
      signal,
      fetch: (async () => Promise.reject(new TypeError('fetch failed', { cause: new Error('ECONNRESET') }))) as typeof fetch,
    };
    await expect(httpAnswer(failing, 'https://x.example/')).rejects.toThrow(new NoAnswer('x.example: ECONNRESET'));
    const silent: typeof fetch = (_url, init) =>
      new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)));
    await expect(httpAnswer({ signal, fetch: silent }, 'https://x.example/', {}, { timeout: 20, largest: 10 })).rejects.toThrow(
      new NoAnswer('x.example: no answer within 0.02 s'),
    );
    const endless = { signal, fetch: (async () => new Response('x'.repeat(100))) as typeof fetch };
    await expect(httpAnswer(endless, 'https://x.example/', {}, { timeout: 1000, largest: 10 })).rejects.toThrow('more than 10 bytes');
  });
});

describe('firewallChanges', () => {
  it('adds what lacks and removes what is too much', () => {
    const rule = (port: number, source: string) => ({ protocol: 'tcp' as const, ports: [port, port] as const, source });
    const changes = firewallChanges([rule(22, 'a'), rule(22, 'b')], [rule(22, 'b'), rule(80, 'b')]);
    expect(changes).toEqual({ add: [rule(22, 'a')], remove: [rule(80, 'b')] });
  });
});
