/** The CLI's side: starting a machine's supervisor, finding it, asking it. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isMachineError, MachineError, systemCode } from '../core/errors.ts';
import { startDetached } from '../host/detached.ts';
import type { ProcessIdentity } from '../host/process-identity.ts';
import type { Supervisor } from '../host/virtual-machine.ts';
import { connectToSupervisor } from './address.ts';
import { SupervisorClient } from './client.ts';
import { FILES } from './files.ts';
import type { Computer, SupervisedPlace } from './place.ts';
import { GO, READY, type StartAnswer, type StartRequest, type SupervisedVm } from './protocol.ts';
import { findVm } from './record.ts';

/** Milliseconds in which a supervisor that is about to start its QEMU, or to end, has done so. */
const PATIENCE = 90_000;

/** Keeps the heap of the one process that lives as long as its VM small: 53 MB resident, of which 12 are not Node's own program. */
export const NODE_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=32', '--disable-warning=ExperimentalWarning'];

/** Starts the VM under a supervisor of its own, or gives the one that runs. Throws `VM_START_FAILED` with QEMU's words. */
export async function supervise(dir: string, vm: SupervisedVm, computer: Computer): Promise<Supervisor> {
  const place = { ...computer, dir };
  (await reach(place, vm))?.destroy();
  return client(place);
}

/** The supervisor of the VM that runs in a machine's folder; undefined when none runs. A call attaches a new one when it died. */
export async function findSupervisor(dir: string, computer: Computer): Promise<Supervisor | undefined> {
  return (await vmAlive(dir, computer)) ? client({ ...computer, dir }) : undefined;
}

/** Whether a VM runs in a machine's folder: a few file reads, nothing is started. */
export async function vmAlive(dir: string, computer: Computer): Promise<boolean> {
  return (await findVm(dir, computer)) !== undefined;
}

/** The VM process that runs in a machine's folder. */
export async function vmProcess(dir: string, computer: Computer): Promise<ProcessIdentity | undefined> {
  return (await findVm(dir, computer))?.process;
}

function client(place: SupervisedPlace): Supervisor {
  return new SupervisorClient(place, () => reach(place));
}

/** A connection to the supervisor; undefined when no VM runs and none is given to be started. */
async function reach(place: SupervisedPlace, vm?: SupervisedVm) {
  let deaths = 0;
  for (let waited = 0, pause = 50; waited < PATIENCE; ) {
    const running = await vmAlive(place.dir, place);
    if (!running && vm === undefined) return undefined;
    const socket = running ? await connectOrNothing(place) : undefined;
    if (socket !== undefined) return socket;
    const answer = await startSupervisor(place, running ? undefined : vm).catch((error: unknown) => {
      deaths += 1;
      if (deaths === 3 || !isMachineError(error)) throw error;
      return { busy: true } as const; // killed before it could say more: look at what it left
    });
    if ('error' in answer) {
      if (running && !(await vmAlive(place.dir, place))) continue; // it ended while it was being attached to
      throw new MachineError(answer.error.code, answer.error.message);
    }
    waited += pause;
    if ('started' in answer) continue;
    await delay(pause); // another one is just starting, or ending: look again
    pause = Math.min(2 * pause, 1000);
  }
  throw new MachineError('SUPERVISOR_SILENT', `expected the supervisor of ${place.dir} to answer within ${PATIENCE / 1000} s, found none`, {
    hint: `Its messages are in ${join(place.dir, FILES.errorLog)}`,
  });
}

async function connectOrNothing({ dir, platform }: SupervisedPlace) {
  try {
    return await connectToSupervisor(dir, platform);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'EAGAIN') return undefined;
    throw error;
  }
}

async function startSupervisor({ dir, platform }: SupervisedPlace, vm: SupervisedVm | undefined): Promise<StartAnswer> {
  const request: StartRequest = { dir, ...(vm === undefined ? {} : { vm }) };
  const { NODE_OPTIONS: _options, NODE_EXTRA_CA_CERTS: _certificates, NODE_COMPILE_CACHE: _cache, ...env } = platform.env;
  const line = await startDetached(process.execPath, [...NODE_FLAGS, supervisorProgram()], {
    cwd: dir,
    env,
    input: JSON.stringify(request),
    reply: (said) => (said === READY ? GO : undefined),
    errorLog: join(dir, FILES.errorLog),
    timeout: PATIENCE,
  });
  return JSON.parse(line) as StartAnswer;
}

/** In the bundle this code lies in dist/cli or dist/chunks, the program in dist; in the sources they are neighbours. */
function supervisorProgram(): string {
  return join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? 'main.ts' : '../supervisor.js');
}
