/**
 * Creates a machine and kills itself with SIGKILL at one point of the way: at the nth use of the context (before or after it),
 * or some milliseconds after a supervisor was asked for. Says `survived` when there was no such point. Arguments: store, n or `+ms`.
 */
import qemu from '@tsmachine/driver-qemu';
import type { DriverContext } from '../../../src/driver/index.ts';
import { openBench } from './context.ts';

const [root = '', point = ''] = process.argv.slice(2);
const die = () => process.kill(process.pid, 'SIGKILL');
const countdown = { left: point.startsWith('+') ? Number.POSITIVE_INFINITY : Number(point) };
const step = () => {
  countdown.left -= 1;
  if (countdown.left === 0) die();
};

const watched = (context: DriverContext): DriverContext =>
  new Proxy(context, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        step();
        if (name === 'supervise' && point.startsWith('+')) setTimeout(die, Number(point));
        const result: unknown = await value.apply(target, args);
        step();
        return result;
      };
    },
  });

const defaults = Object.fromEntries(qemu.flags.map(({ name, default: value = '' }) => [name, value]));
const driver = qemu.open(watched(openBench(root).context('m')), undefined);
await driver.configure({ ...defaults, 'qemu-accel': 'tcg', 'qemu-memory': 512 });
await driver.create();
process.stdout.write('survived');
process.exit(0);
