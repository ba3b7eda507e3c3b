import { badRequest } from '../../errors.ts';
import type { OciSeccomp } from './oci.ts';

export interface SecurityOptions {
  noNewPrivileges: boolean;
  /** `default`, `unconfined`, or a profile of the user's. */
  seccomp: 'default' | 'unconfined' | OciSeccomp;
  /** Name of a profile that is loaded, `unconfined`, or '' when nothing was asked for: there is no default profile. */
  apparmor: string;
}

/** HostConfig.SecurityOpt. Throws EngineError 400 with dockerd's words for an option it does not know. */
export function parseSecurityOptions(options: readonly string[] | null | undefined): SecurityOptions {
  const result: SecurityOptions = { noNewPrivileges: false, seccomp: 'default', apparmor: '' };
  for (const option of options ?? []) {
    if (option === 'no-new-privileges') result.noNewPrivileges = true;
    if (option === 'no-new-privileges' || option === 'disable') continue;
    const match = /^([^=:]+)[=:](.*)$/s.exec(option);
    if (!match) throw badRequest(`invalid --security-opt 1: ${JSON.stringify(option)}`);
    const [, key, value = ''] = match;
    if (key === 'seccomp') result.seccomp = seccompOf(value);
    else if (key === 'apparmor') result.apparmor = value;
    else if (key === 'no-new-privileges' && /^(1|t|true|0|f|false)$/i.test(value)) result.noNewPrivileges = /^(1|t)/i.test(value);
    else if (key !== 'label') throw badRequest(`invalid --security-opt 2: ${JSON.stringify(option)}`);
  }
  return result;
}

function seccompOf(value: string): SecurityOptions['seccomp'] {
  if (value === 'unconfined') return value;
  if (value === '' || value === 'builtin') return 'default';
  let profile: OciSeccomp & { archMap?: { architecture: string; subArchitectures: string[] | null }[] };
  try {
    profile = JSON.parse(value);
  } catch (error) {
    throw badRequest(`Decoding seccomp profile failed: ${(error as Error).message}`);
  }
  const { archMap, ...rest } = profile;
  const own = { x64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' }[process.arch as string];
  const mapped = archMap?.find((entry) => entry.architecture === own);
  return mapped ? { ...rest, architectures: [mapped.architecture, ...(mapped.subArchitectures ?? [])] } : rest;
}
