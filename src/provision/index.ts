import type { Capabilities } from '../driver/contract.ts';
import { bootImageProvisioner } from './boot-image.ts';
import type { Provisioner } from './provisioner.ts';

export { readFacts } from './facts.ts';
export type { MachineIdentity } from './identity.ts';
export { rootShell } from './privilege.ts';
export type { Provisioner } from './provisioner.ts';
export { tarOf } from './tar.ts';

/** Undefined for a guest that is not ours to set up. */
export function provisionerFor(guest: Capabilities['guest']): Provisioner | undefined {
  return guest === 'boot-image' ? bootImageProvisioner : undefined;
}
