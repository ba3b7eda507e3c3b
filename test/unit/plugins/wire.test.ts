/** What crosses between the host and a driver's thread. */
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { isMachineError, MachineError } from '../../../src/core/errors.ts';
import { type Port, Wire } from '../../../src/plugins/isolated/wire.ts';

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const { port1 } of channels.splice(0)) port1.close();
});

/** Two ends, the second answering with `root`. */
function wires(root: (...args: unknown[]) => unknown) {
  const channel = new MessageChannel();
  channels.push(channel);
  return { here: new Wire(channel.port1 as Port, () => {}), there: new Wire(channel.port2 as Port, root) };
}

describe('a wire', () => {
  it('brings data back as it was', async () => {
    const { here } = wires((value) => value);
    const data = fc.anything({ withBigInt: true, withMap: true, withSet: true, withTypedArray: true, withDate: true });
    await fc.assert(
      fc.asyncProperty(data, async (value) => {
        expect(await here.root(value)).toEqual(structuredClone(value));
      }),
    );
  });

  it('brings functions, which are called on the side they come from', async () => {
    const { here } = wires(async (work) => ({
      tell: (name: string) => `told ${name}`,
      got: await (work as (x: number) => Promise<number>)(20),
    }));
    const answer = (await here.root((x: number) => x + 1)) as { tell(name: string): Promise<string>; got: number };
    expect(answer.got).toBe(21);
    expect(await answer.tell('a')).toBe('told a');
  });

  it('brings objects of classes with their methods, bound', async () => {
    class Counter {
      private count = 0;
      add() {
        this.count += 1;
        return this.count;
      }
      get doubled() {
        return this.count * 2;
      }
    }
    const { here } = wires(() => new Counter());
    const counter = (await here.root()) as { add(): Promise<number>; doubled: number };
    expect([counter.doubled, await counter.add(), await counter.add()]).toEqual([0, 1, 2]);
  });

  it('repeats an abort, before and during a call', async () => {
    const { here } = wires((given) => {
      const signal = given as AbortSignal;
      return new Promise((_, reject) =>
        signal.aborted ? reject(signal.reason) : signal.addEventListener('abort', () => reject(signal.reason)),
      );
    });
    const stop = new AbortController();
    const waiting = here.root(stop.signal);
    setTimeout(() => stop.abort(new MachineError('INTERRUPTED', 'Interrupted', { exitCode: 130 })), 5);
    await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
    await expect(here.root(AbortSignal.abort(new Error('early')))).rejects.toThrow('early');
  });

  it('keeps what errors say', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const { here } = wires(() => {
      throw new MachineError('NO_QUOTA', 'none left', { hint: 'remove one', exitCode: 3, cause });
    });
    const error = await here.root().catch((thrown: unknown) => thrown);
    expect(isMachineError(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'NO_QUOTA',
      message: 'none left',
      hint: 'remove one',
      exitCode: 3,
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('fails a call that cannot be handed over, and goes on', async () => {
    const { here } = wires((which) => {
      const circle: { self?: unknown } = {};
      circle.self = circle;
      return which === 'circle' ? circle : which === 'promise' ? { inside: new WeakMap() } : 'fine';
    });
    await expect(here.root('circle')).rejects.toThrow('holds itself');
    expect(await here.root('fine')).toBe('fine');
  });

  it('fails what waits when the other side is gone', async () => {
    const { here } = wires(() => new Promise(() => {}));
    const waiting = here.root();
    here.fail(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(here.root()).rejects.toThrow('gone');
  });
});
