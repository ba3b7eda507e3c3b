/** Starting a QEMU process, or finding the one that runs, and connecting to it. Runs in the machine's folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { MachineError, systemCode } from '../core/errors.ts';
import { identifyProcess, type ProcessIdentity, type ProcessProbe } from '../host/process-identity.ts';
import type { VirtualMachine } from '../host/virtual-machine.ts';
import { connect } from './address.ts';
import { FILES } from './files.ts';
import type { SupervisedVm } from './protocol.ts';
import { Qmp } from './qmp.ts';
import { forgetVm, type VmRecord, writeRecord } from './record.ts';
import { RunningVm, type VmConnections } from './running-vm.ts';

/** Milliseconds for the greeting of a QEMU that has just been started, perhaps among many on a busy computer. */
const FIRST_GREETING = 60_000;
/** Milliseconds for the greeting of one that runs: when none comes it hangs, or its process is stopped. */
const GREETING = 10_000;

/**
 * Notes that QEMU is about to be started, asks whether that is `confirmed`, and starts it: whoever looks after the caller's
 * death finds the note, or there will be no QEMU. Throws `VM_START_FAILED` with QEMU's words; nothing is left running then.
 */
export async function launch(dir: string, vm: SupervisedVm, probe: ProcessProbe, confirmed: () => Promise<boolean>): Promise<RunningVm> {
  const { uuid, pidFile, sockets, engine, credentials } = vm;
  const record: VmRecord = { vm: { uuid, pidFile, sockets, ...(engine && { engine }), ...(credentials && { credentials }) } };
  await writeRecord(dir, record);
  if (!(await confirmed())) {
    await forgetVm(dir);
    throw new Error('whoever asked for a VM died before it was started');
  }
  const qemu = startQemu(vm);
  try {
    const pid = qemu.child.pid;
    const identity = pid === undefined ? undefined : await identifyProcess(pid, probe);
    if (identity === undefined) throw await startFailure(vm, qemu.failure());
    await writeRecord(dir, { ...record, process: identity });
    const connections = await connectAll(sockets, qemu);
    const running = supervision(dir, { ...record, process: identity }, connections, vm.silenceLimit, probe);
    await running.run();
    return running;
  } catch (error) {
    qemu.child.kill('SIGKILL');
    await qemu.exited;
    await forgetVm(dir);
    throw qemu.failure() === undefined ? error : await startFailure(vm, qemu.failure());
  }
}

/** Throws `QMP_SILENT` when QEMU does not answer. */
export async function attach(dir: string, record: VmRecord & { process: ProcessIdentity }, probe: ProcessProbe): Promise<RunningVm> {
  const connections = await connectAll(record.vm.sockets);
  const running = supervision(dir, record, connections, undefined, probe);
  await running.run();
  return running;
}

function supervision(
  dir: string,
  record: VmRecord & { process: ProcessIdentity },
  connections: VmConnections,
  silenceLimit: number | undefined,
  probe: ProcessProbe,
): RunningVm {
  const { vm, process } = record;
  const noteReady = (ready: number | undefined) => writeRecord(dir, { vm, process, ...(ready === undefined ? {} : { ready }) });
  return new RunningVm(connections, { process, ready: record.ready, silenceLimit, noteReady }, probe);
}

interface StartedQemu {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  /** Why it is not running; undefined while it is. */
  failure(): string | undefined;
}

/** In a session of its own, its output in a file, so that nothing ties it to the life of this process. */
function startQemu({ program, args }: VirtualMachine): StartedQemu {
  const log = openSync(FILES.qemuLog, 'w', 0o600);
  const child = spawn(program, [...args], { detached: true, windowsHide: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let failure: string | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      failure = error.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      failure ??= signal === null ? `exit code ${code}` : signal;
      resolve();
    });
  });
  return { child, exited, failure: () => failure };
}

async function startFailure(vm: VirtualMachine, failure: string | undefined): Promise<MachineError> {
  const words = (await readFile(FILES.qemuLog, 'utf8')).trim().split('\n').slice(-5).join('; ');
  return new MachineError('VM_START_FAILED', `${vm.program} did not start (${failure ?? 'ended at once'}): ${words}`);
}

/** In the order of the arguments: on Windows QEMU makes each pipe only when the one before has its client. */
async function connectAll(sockets: VirtualMachine['sockets'], qemu?: StartedQemu): Promise<VmConnections> {
  const channel = await connectWhenThere(sockets.channel, qemu);
  const console = await connectWhenThere(sockets.console, qemu);
  const qmp = await Qmp.open(await connectWhenThere(sockets.qmp, qemu), qemu === undefined ? GREETING : FIRST_GREETING);
  return { qmp, console, channel };
}

async function connectWhenThere(path: string, qemu: StartedQemu | undefined): Promise<Awaited<ReturnType<typeof connect>>> {
  for (let waited = 0; ; waited += 4) {
    try {
      const socket = await connect(path);
      return socket.on('error', () => {}); // a QEMU that ends resets it: seen by its exit
    } catch (error) {
      const code = systemCode(error);
      const early = code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'EBUSY';
      if (qemu === undefined || qemu.failure() !== undefined || !early || waited > FIRST_GREETING) throw error;
      await delay(4);
    }
  }
}
