import { posix, win32 } from 'node:path';
import type { AuthorityPaths } from '../certs/authority.ts';
import { isMachineError, systemCode } from '../core/errors.ts';
import { makeFolder } from '../core/folder.ts';
import type { Logger } from '../core/logger.ts';
import { type StorePaths, storePaths } from '../store/paths.ts';
import type { MachinesOptions } from './api.ts';

/** One command's view of the store: options, paths, locks. */
export interface MachinesHost {
  readonly options: MachinesOptions;
  readonly paths: StorePaths;
  /** CA and client pair that `create` uses: --tls-* or the store's own. */
  readonly authority: AuthorityPaths;
  /** O of certificate subjects. */
  readonly user: string;
  /** The store's id. Empty where the store cannot be written and has none, or where its file is broken, which is told. */
  storeId(): Promise<string>;
  /** Runs `work` while no other process changes this machine. */
  lockMachine<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** As `lockMachine` and `lockStore` where nobody holds the lock now; false when somebody does, and `work` was not run. */
  tryLockMachine(name: string, work: () => Promise<void>): Promise<boolean>;
  tryLockStore(name: string, work: () => Promise<void>): Promise<boolean>;
  /** Runs `work` while no other process holds this lock of the store. */
  lockStore<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function machinesHost(options: MachinesOptions): MachinesHost {
  const paths = storePaths(options.storePath, options.platform.os);
  const { env, os } = options.platform;
  const { resolve } = os === 'win32' ? win32 : posix;
  const absolute = (path: string | undefined) => (path === undefined ? undefined : resolve(path)); // config.json keeps it
  let id: Promise<string> | undefined;
  const lock = async <T>(name: string, onWait: () => void, work: () => Promise<T>, signal = options.signal) => {
    const { withFileLock } = await import('../host/file-lock.ts'); // most commands change nothing
    return withFileLock(paths.lock(name), { platform: options.platform, clock: options.clock, signal, onWait }, work);
  };
  const tryLock = async (name: string, work: () => Promise<void>) => {
    const { tryFileLock } = await import('../host/file-lock.ts');
    await makeFolder(paths.locksDir);
    const release = await tryFileLock(paths.lock(name), options.platform);
    if (!release) return false;
    try {
      await work();
      return true;
    } finally {
      await release();
    }
  };
  return {
    options,
    paths,
    authority: {
      caCert: absolute(options.tls?.caCert) ?? paths.caCert,
      caKey: absolute(options.tls?.caKey) ?? paths.caKey,
      clientCert: absolute(options.tls?.clientCert) ?? paths.clientCert,
      clientKey: absolute(options.tls?.clientKey) ?? paths.clientKey,
    },
    user: (os === 'win32' ? env.USERNAME : env.USER) || 'unknown',
    tryLockMachine: (name, work) => tryLock(`machine-${name}`, work),
    tryLockStore: (name, work) => tryLock(name, work),
    storeId: () => (id ??= readStoreId(paths.storeRecord, options.log)),
    lockMachine: (name, work, signal) =>
      lock(`machine-${name}`, () => options.log.warn(`Waiting for another command that works on machine "${name}"...`), work, signal),
    lockStore: (name, work, signal) =>
      lock(name, () => options.log.info(`Waiting for another command that holds the store's lock "${name}"...`), work, signal),
  };
}

async function readStoreId(path: string, log: Logger): Promise<string> {
  const { storeId } = await import('../store/store-id.ts');
  try {
    return await storeId(path);
  } catch (error) {
    if (['EROFS', 'EACCES', 'EPERM', 'ENOSPC'].includes(systemCode(error) ?? '')) return '';
    if (!isMachineError(error)) throw error;
    log.warn(`${error.message}; ${error.hint}`); // what needs no id works without
    return '';
  }
}
