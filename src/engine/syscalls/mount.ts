import { bind, check } from './libc.ts';

const mount2 = bind<[string, string, string | null, number, string | null]>(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
);
const umount2 = bind<[string, number]>('int umount2(const char *target, int flags)');

/** A flag of mount(2). */
export const MS_BIND = 4096;

const MNT_DETACH = 2;

/** mount(2). Throws SyscallError. */
export function mount(source: string, target: string, type: string | null, flags: number, data: string | null): void {
  check('mount', `${type ?? 'bind'} on ${target}`, mount2(source, target, type, flags, data));
}

/** Lazy umount2(2): true when something was mounted there, false when not (EINVAL) or the path is gone (ENOENT). */
export function unmount(target: string): boolean {
  try {
    check('umount2', target, umount2(target, MNT_DETACH));
    return true;
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'EINVAL' || code === 'ENOENT') return false;
    throw error;
  }
}
