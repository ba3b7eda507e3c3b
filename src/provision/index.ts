import type { Capabilities } from '../driver/contract.ts';
import { bootImageProvisioner } from './boot-image.ts';
import { distributionProvisioner } from './distribution.ts';
import { dockerEngine } from './docker-engine.ts';
import type { EngineInstaller, EngineKind } from './engine-installer.ts';
import { engineTs } from './engine-ts.ts';
import type { Provisioner } from './provisioner.ts';

export { readFacts } from './facts.ts';
export type { Workplace } from './guest.ts';
export type { MachineIdentity } from './identity.ts';
export { rootShell } from './privilege.ts';
export type { Provisioner } from './provisioner.ts';
export { tarOf } from './tar.ts';

/** Undefined for a guest that is not ours to set up. `engine`: which one a distribution has; the boot image has ours. */
export function provisionerFor(guest: Capabilities['guest'], engine: EngineKind = 'docker'): Provisioner | undefined {
  if (guest === 'boot-image') return bootImageProvisioner;
  return guest === 'distribution' ? distributionProvisioner(INSTALLERS[engine]) : undefined;
}

const INSTALLERS: Readonly<Record<EngineKind, EngineInstaller>> = { docker: dockerEngine, ts: engineTs };
