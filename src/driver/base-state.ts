/**
 * The part of a driver's state that every docker-machine driver writes first, in this order (its BaseDriver; reference 8.2),
 * so that docker-machine and tools that read its store find the address and the SSH access where they look for them.
 */
import type { DriverContext } from './context.ts';

export interface BaseState {
  IPAddress: string;
  MachineName: string;
  SSHUser: string;
  SSHPort: number;
  SSHKeyPath: string;
  StorePath: string;
  SwarmMaster: boolean;
  SwarmHost: string;
  SwarmDiscovery: string;
}

export function newBaseState(context: DriverContext): BaseState {
  return {
    IPAddress: '',
    MachineName: context.machineName,
    SSHUser: '',
    SSHPort: 0,
    SSHKeyPath: '',
    StorePath: context.storePath,
    SwarmMaster: false,
    SwarmHost: '',
    SwarmDiscovery: '',
  };
}
