/** "tsmachine/driver": all a driver may import of ours. */
export type { Clock } from '../core/clock.ts';
export { isMachineError, MachineError, type MachineErrorOptions, messageOf, systemCode } from '../core/errors.ts';
export type { Logger } from '../core/logger.ts';
export type { Platform } from '../host/platform.ts';
export type { ProcessRunner, RunOptions, RunResult } from '../host/process-runner.ts';
export type { GuestEngine, LocalPorts, Supervisor, VirtualMachine } from '../host/virtual-machine.ts';
export * from './base-state.ts';
export * from './context.ts';
export * from './contract.ts';
export * from './flags.ts';
