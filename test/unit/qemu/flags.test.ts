import qemu from '@tsmachine/driver-qemu';
import { describe, expect, it } from 'vitest';
import { readFlags } from '../../../drivers/qemu/src/flags.ts';

const defaults = Object.fromEntries(qemu.flags.map(({ name, default: value = '' }) => [name, value]));

describe("the QEMU driver's flags", () => {
  it('have environment variables of the same name, and defaults that are right', () => {
    for (const { name, env } of qemu.flags) expect(env).toBe(name.toUpperCase().replaceAll('-', '_'));
    expect(readFlags(defaults)).toEqual({
      cpuCount: 0,
      memory: 1024,
      diskSize: 20_000,
      accelerator: 'auto',
      program: 'qemu-system-x86_64',
      bootImage: '',
      forward: '127.0.0.1',
    });
  });

  it('lead ports to an IPv4 address, or nowhere', () => {
    const forward = (value: string) => readFlags({ ...defaults, 'qemu-forward': value }).forward;
    expect([forward('none'), forward('localhost'), forward('0.0.0.0')]).toEqual(['', '127.0.0.1', '0.0.0.0']);
    for (const wrong of ['::1', 'nowhere', '127.0.0.1,x', '1.2.3'])
      expect(() => forward(wrong)).toThrow('an IPv4 address of this computer');
  });

  it('keep a program of PATH by name and any other by its full path', () => {
    const program = (value: string) => readFlags({ ...defaults, 'qemu-program': value }).program;
    expect(program('qemu-kvm')).toBe('qemu-kvm');
    expect(program('./bin/qemu')).toBe(`${process.cwd()}/bin/qemu`);
    expect(program('/opt/qemu')).toBe('/opt/qemu');
  });

  it.each([
    ['qemu-memory', 100],
    ['qemu-memory', 1.5],
    ['qemu-memory', Number.NaN],
    ['qemu-cpu-count', -1],
    ['qemu-disk-size', 10],
    ['qemu-accel', 'xen'],
  ])('refuse --%s %s, saying what is expected', (name, value) => {
    expect(() => readFlags({ ...defaults, [name]: value })).toThrow(`--${name}: expected`);
  });
});
