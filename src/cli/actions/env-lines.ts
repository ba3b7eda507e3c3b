import type { Platform } from '../../host/platform.ts';
import { dialectOf, hintLines, mergeNoProxy, noProxyVariable } from '../../shells/index.ts';

/** Where a docker client finds a machine's engine. */
export interface EngineFacts {
  readonly name: string;
  readonly url: string;
  /** Folder of ca.pem, cert.pem and key.pem. */
  readonly certPath: string;
  /** Address for the no-proxy list, when that is wanted. */
  readonly noProxyAddress?: string;
}

/** A variable to set, or without a value to forget. */
export type Variable = readonly [name: string, value?: string];

/** In docker-machine's order. */
export function engineVariables(platform: Platform, facts: EngineFacts): Variable[] {
  const variables: Variable[] = [
    ['DOCKER_TLS_VERIFY', '1'],
    ['DOCKER_HOST', facts.url],
    ['DOCKER_CERT_PATH', facts.certPath],
    ['DOCKER_MACHINE_NAME', facts.name],
  ];
  if (platform.os === 'win32') variables.push(['COMPOSE_CONVERT_WINDOWS_PATHS', 'true']);
  if (facts.noProxyAddress !== undefined) variables.push([noProxyVariable(platform.env), mergeNoProxy(platform.env, facts.noProxyAddress)]);
  return variables;
}

export function forgottenVariables(platform: Platform, noProxy: boolean): Variable[] {
  const names = ['DOCKER_TLS_VERIFY', 'DOCKER_HOST', 'DOCKER_CERT_PATH', 'DOCKER_MACHINE_NAME'];
  return [...names, ...(noProxy ? [noProxyVariable(platform.env)] : [])].map((name) => [name] as const);
}

/** The assignments and how to evaluate them. Throws SHELL_CANNOT_CARRY. */
export function environmentLines(shell: string, variables: readonly Variable[], commandLine: readonly string[]): string[] {
  const dialect = dialectOf(shell);
  const lines = variables.map(([name, value]) => (value === undefined ? dialect.unset(name) : dialect.set(name, value)));
  return [...lines, ...hintLines(dialect, commandLine)];
}
