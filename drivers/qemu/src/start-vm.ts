/** Starting the VM: by the fastest accelerator that boots a kernel here, on ports that nobody else has. */
import { type BootImage, type DriverContext, isMachineError, MachineError, type Supervisor } from 'tsmachine/driver';
import { type Accelerator, accelerationCandidates, type Candidate, probeHere } from './accelerators.ts';
import { virtualMachine } from './arguments.ts';
import { findProgram, programVersion } from './program.ts';
import { DEFAULT_FORWARD, type QemuState } from './state.ts';

export interface VmStart {
  readonly context: DriverContext;
  readonly image: BootImage;
  /** Asked anew for each try: `replacePorts` changes it. */
  state(): Readonly<QemuState>;
  /** Chooses other ports and hands them over, after QEMU found one taken. */
  replacePorts(): Promise<void>;
}

/** A port may be taken between the look at it and QEMU's bind. */
const PORT_TRIES = 5;

/**
 * Resolves when the guest's kernel runs, under the first of `candidates` that brings it up. Throws `ACCELERATOR` when none
 * does; what TCG says is thrown as it is, since nothing is left to try.
 */
export async function startVm(start: VmStart, candidates: readonly Candidate[]): Promise<void> {
  const { context } = start;
  const program = await findProgram(start.state().Program, context.platform);
  let obstacle = '';
  for (const { accelerator, reason } of candidates) {
    context.log.info(obstacle === '' ? `Using ${nameOf(accelerator)}: ${reason}` : `${obstacle}; using ${nameOf(accelerator)} instead`);
    try {
      return await startUnder(start, program, accelerator);
    } catch (error) {
      if (!isMachineError(error) || (error.code !== 'GUEST_SILENT' && error.code !== 'VM_START_FAILED')) throw error;
      if (accelerator === 'tcg') throw error;
      obstacle = `The machine does not start under ${accelerator} (${error.message})`;
    }
  }
  throw new MachineError('ACCELERATOR', obstacle, { hint: 'Leave --qemu-accel out to let a working accelerator be chosen' });
}

/** What was asked for and nothing else, or what seems usable here. */
export async function candidatesFor(asked: string, { platform, runner }: DriverContext): Promise<Candidate[]> {
  if (asked !== 'auto') return [{ accelerator: asked as Accelerator, reason: 'as asked for' }];
  return accelerationCandidates(probeHere(platform, runner));
}

function nameOf(accelerator: Accelerator): string {
  return accelerator === 'tcg' ? 'software emulation (tcg)' : `${accelerator} acceleration`;
}

async function startUnder(start: VmStart, program: string, accelerator: Accelerator): Promise<void> {
  const { context, image } = start;
  const cpuCount = await cpuCountFor(accelerator, start.state().CPU, program, context);
  const supervisor = await superviseOnFreePorts(start, () => {
    const {
      MachineName: name,
      UUID: uuid,
      Memory: memory,
      SSHPort: sshPort,
      EnginePort: enginePort,
      Forward: forward = DEFAULT_FORWARD,
    } = start.state();
    const shape = { name, uuid, program, accelerator, cpuCount, memory, sshPort, enginePort, forward };
    return virtualMachine(shape, image, context.platform);
  });
  try {
    await supervisor.awaitSign(context.signal);
  } catch (error) {
    await supervisor.kill();
    throw error;
  }
}

async function superviseOnFreePorts(start: VmStart, vm: () => ReturnType<typeof virtualMachine>): Promise<Supervisor> {
  for (let tries = 1; ; tries++) {
    try {
      return await start.context.supervise(vm());
    } catch (error) {
      const portTaken = isMachineError(error) && error.code === 'VM_START_FAILED' && error.message.includes('host forwarding rule');
      if (!portTaken || tries === PORT_TRIES) throw error;
      await start.replacePorts();
    }
  }
}

/** QEMU's multi-threaded TCG before 8.1 corrupted a kernel in 1 of 33 boots with two CPUs, and was no faster. */
async function cpuCountFor(accelerator: Accelerator, asked: number, program: string, { runner, log }: DriverContext): Promise<number> {
  if (accelerator !== 'tcg') return asked || 2;
  if (asked <= 1) return 1;
  const [major, minor] = await programVersion(program, runner);
  if (major > 8 || (major === 8 && minor >= 1)) return asked;
  log.warn(`QEMU ${major}.${minor} emulates more than one CPU unreliably (fixed in 8.1): the machine has 1 CPU instead of ${asked}`);
  return 1;
}
