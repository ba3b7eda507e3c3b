import { join } from 'node:path';
import type { FlagValues } from '../driver/flags.ts';
import { stringFlag } from '../driver/flags.ts';
import type { Platform } from '../host/platform.ts';
import type { CliFlag } from './arguments/cli-flag.ts';
import { parseGoBool } from './arguments/go-values.ts';
import { usageError } from './arguments/usage-error.ts';

/** Flags that stand before the command. */
export const GLOBAL_FLAGS: readonly CliFlag[] = [
  { name: 'debug', short: 'D', type: 'bool', help: 'Enable debug mode' },
  { name: 'storage-path', short: 's', type: 'string', env: 'MACHINE_STORAGE_PATH', help: 'Configures storage path' },
  { name: 'tls-ca-cert', type: 'string', env: 'MACHINE_TLS_CA_CERT', help: 'CA to verify remotes against' },
  { name: 'tls-ca-key', type: 'string', env: 'MACHINE_TLS_CA_KEY', help: 'Private key to generate certificates' },
  { name: 'tls-client-cert', type: 'string', env: 'MACHINE_TLS_CLIENT_CERT', help: 'Client cert to use for TLS' },
  { name: 'tls-client-key', type: 'string', env: 'MACHINE_TLS_CLIENT_KEY', help: 'Private key used in client TLS auth' },
  {
    name: 'native-ssh',
    type: 'bool',
    default: true,
    env: 'MACHINE_NATIVE_SSH',
    help: "Use the built-in SSH, the default; --native-ssh=false for the computer's own ssh client",
  },
  // docker-machine's, accepted for the scripts that give them: nothing is asked of GitHub, nothing is reported
  { name: 'github-api-token', type: 'string', env: 'MACHINE_GITHUB_API_TOKEN', help: 'Accepted without effect' },
  { name: 'bugsnag-api-token', type: 'string', env: 'MACHINE_BUGSNAG_API_TOKEN', help: 'Accepted without effect: nothing is reported' },
  { name: 'version', short: 'v', type: 'bool', help: 'print the version' },
];

/** --debug is also heard after the command, as docker-machine does by looking at every word. */
export const DEBUG_ANYWHERE: CliFlag = { name: 'debug', short: 'D', type: 'bool', help: '', hidden: true };

/** docker-machine's rule: one of these words anywhere. */
export function saysDebug(words: readonly string[]): boolean {
  return words.some((word) => word === '-D' || word === '--debug' || word === '-debug');
}

export interface GlobalOptions {
  readonly debug: boolean;
  readonly storePath: string;
  readonly nativeSsh: boolean;
  readonly tls: { readonly caCert: string; readonly caKey: string; readonly clientCert: string; readonly clientKey: string };
}

/** Throws USAGE when MACHINE_DEBUG is set and is no Go bool; it overrides the flag. */
export function globalOptions(values: FlagValues, debugAfter: boolean, platform: Platform): GlobalOptions {
  const debugText = platform.env.MACHINE_DEBUG;
  const forced = debugText ? parseGoBool(debugText) : undefined;
  if (debugText && forced === undefined)
    throw usageError(
      `Error parsing boolean value from MACHINE_DEBUG: strconv.ParseBool: parsing ${JSON.stringify(debugText)}: invalid syntax`,
    );
  return {
    debug: forced ?? (values.debug === true || debugAfter),
    storePath: stringFlag(values, 'storage-path') || join(platform.home, '.docker', 'machine'),
    nativeSsh: values['native-ssh'] !== false,
    tls: {
      caCert: stringFlag(values, 'tls-ca-cert'),
      caKey: stringFlag(values, 'tls-ca-key'),
      clientCert: stringFlag(values, 'tls-client-cert'),
      clientKey: stringFlag(values, 'tls-client-key'),
    },
  };
}
