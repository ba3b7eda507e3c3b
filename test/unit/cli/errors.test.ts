import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorText } from '../../../src/cli/render/errors.ts';
import { MachineError } from '../../../src/core/errors.ts';

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('errorText', () => {
  it('is the message and what to do about it', () => {
    expect(errorText(new MachineError('X', 'expected a, found b'), false)).toBe('expected a, found b');
    expect(errorText(new MachineError('X', 'expected a, found b', { hint: 'do c' }), false)).toBe('expected a, found b\ndo c');
  });

  it('knows our errors also from another copy of the package', () => {
    const foreign = Object.assign(new Error('from a plugin'), { [Symbol.for('tsmachine.error')]: true });
    expect(errorText(foreign, false)).toBe('from a plugin');
  });

  it('is one line for what the operating system refused', () => {
    const error = thrownBy(() => readFileSync('/no/such/file'));
    expect(errorText(error, false)).toBe("ENOENT: no such file or directory, open '/no/such/file'");
  });

  it('is a stack and how to report it for a bug', () => {
    for (const bug of [thrownBy(() => (undefined as unknown as { x: number }).x), 'a string', undefined]) {
      const lines = errorText(bug, false).split('\n');
      expect(lines.at(-1)).toMatch(/^This is a bug in tsmachine\. Please report it/);
    }
    expect(errorText(new TypeError('x is not y'), false)).toMatch(/^TypeError: x is not y\n {4}at .*errors\.test\.ts/);
  });

  it('tells the causes with --debug', () => {
    const text = errorText(new MachineError('X', 'outer', { cause: new Error('middle', { cause: new Error('inner') }) }), true);
    expect(text).toMatch(/^outer\n[\s\S]*\n {4}at [\s\S]*caused by: Error: middle[\s\S]*caused by: Error: inner/);
  });
});
