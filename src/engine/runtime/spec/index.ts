export { buildSpec } from './build-spec.ts';
export { containerCapabilities } from './capabilities.ts';
export { containerEnvironment, overrideEnvironment } from './environment.ts';
export type { NamespaceChoice, SpecHostConfig, SpecInput, SpecMount } from './input.ts';
export type { OciSpec } from './oci.ts';
export { parseSecurityOptions } from './security-options.ts';
export { type ResolvedUser, resolveUser } from './user.ts';
