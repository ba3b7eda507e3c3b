import type { AuthorityPaths } from '../certs/authority.ts';
import type { CurrentAuthority } from '../certs/rotation.ts';
import type { AuthHostOptions } from '../store/host-options.ts';
import type { MachinesHost } from './host.ts';

export function authorityOf(auth: AuthHostOptions): AuthorityPaths {
  return { caCert: auth.CaCertPath, caKey: auth.CaPrivateKeyPath, clientCert: auth.ClientCertPath, clientKey: auth.ClientKeyPath };
}

/** Whether these are the store's own CA and client pair, the only ones that are ever rotated: --tls-* are the user's. */
export function isStoreAuthority(host: MachinesHost, { caCert, caKey, clientCert, clientKey }: AuthorityPaths): boolean {
  const own = host.paths;
  return caCert === own.caCert && caKey === own.caKey && clientCert === own.clientCert && clientKey === own.clientKey;
}

/**
 * Runs `work` with the authority that signs now, under the store's lock; a CA or client pair that is missing, expired or does not
 * fit is made before.
 */
export async function withAuthority<T>(
  host: MachinesHost,
  paths: AuthorityPaths,
  work: (authority: CurrentAuthority) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const { ensureAuthority } = await import('../certs/authority.ts');
  const { currentAuthority } = await import('../certs/rotation.ts');
  const { clock, log } = host.options;
  const folders = isStoreAuthority(host, paths) ? host.paths.rotation : undefined;
  return host.lockStore(
    'certificates',
    async () => work(await currentAuthority(paths, folders, (used) => ensureAuthority(used, { user: host.user, now: clock.now(), log }))),
    signal,
  );
}
