import { describe, expect, it } from 'vitest';
import { errorText } from '../../../src/cli/render/errors.ts';
import { MachineError } from '../../../src/core/errors.ts';

const REPORT = 'This is a bug in tsmachine. Please report it with these lines, the command and what it printed with --debug.';

describe('what the user sees of an error', () => {
  it('is one line, or two with what to do', () => {
    expect(errorText(new MachineError('X', 'expected a, found b'), false)).toBe('expected a, found b');
    expect(errorText(new MachineError('X', 'expected a, found b', { hint: 'give a' }), false)).toBe('expected a, found b\ngive a');
  });

  it('has no stack of what lies beneath, unless --debug asks for it', () => {
    const error = new MachineError('X', 'cannot write', { cause: new Error('disk on fire') });
    expect(errorText(error, false)).toBe('cannot write');
    const told = errorText(error, true);
    expect(told).toMatch(/^cannot write\n/);
    expect(told).toMatch(/\n {4}at /);
    expect(told).toContain('caused by: Error: disk on fire\n');
  });

  it('of the operating system is its message', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
    expect(errorText(full, false)).toBe('ENOSPC: no space left on device, write');
  });

  it.each([
    ['an error', new TypeError("Cannot read properties of undefined (reading 'x')"), /^TypeError: Cannot read.*\n {4}at /],
    ['a word', 'thrown', /^thrown\n/],
    ['nothing', undefined, /^undefined\n/],
  ])('of a bug, %s, is where it is and how to report it', (_, error, beginning) => {
    const told = errorText(error, false);
    expect(told).toMatch(beginning);
    expect(told.split('\n').at(-1)).toBe(REPORT);
  });

  it('is known for ours also when another copy of the package threw it', () => {
    const foreign = Object.assign(new Error('from a plugin'), { [Symbol.for('tsmachine.error')]: true, code: 'P', exitCode: 1 });
    expect(errorText(foreign, false)).toBe('from a plugin');
  });
});
