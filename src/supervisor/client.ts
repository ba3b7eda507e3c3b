import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isMachineError, MachineError, systemCode } from '../core/errors.ts';
import { isAlive } from '../host/process-identity.ts';
import type { LocalPorts, Supervisor } from '../host/virtual-machine.ts';
import { FILES } from './files.ts';
import { onLines } from './lines.ts';
import type { SupervisedPlace } from './place.ts';
import { type Answer, type Call, UNKNOWN_CALL } from './protocol.ts';
import { findVm } from './record.ts';

interface CallOptions {
  readonly onPhase?: (phase: string, seconds: number) => void;
  readonly signal?: AbortSignal;
}

/** How often a call is repeated when the supervisor dies under it. */
const TRIES = 5;

export class SupervisorClient implements Supervisor {
  private readonly place: SupervisedPlace;
  private readonly reach: () => Promise<Socket | undefined>;

  constructor(place: SupervisedPlace, reach: () => Promise<Socket | undefined>) {
    this.place = place;
    this.reach = reach;
  }

  async awaitSign(signal: AbortSignal): Promise<void> {
    await this.call('awaitSign', { signal });
  }

  async awaitReady(onPhase: (phase: string, seconds: number) => void, signal: AbortSignal, timeout: number): Promise<void> {
    const late = AbortSignal.timeout(timeout);
    try {
      await this.call('awaitReady', { onPhase, signal: AbortSignal.any([signal, late]) });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const found = late.aborted ? new MachineError('GUEST_TIMEOUT', `The guest was not ready after ${timeout / 1000} s`) : error;
      throw isMachineError(found) ? await this.withConsole(found) : found;
    }
  }

  async vmStatus(): Promise<string> {
    return String(await this.call('vmStatus'));
  }

  async powerButton(): Promise<void> {
    await this.call('powerButton');
  }

  async kill(): Promise<void> {
    try {
      await this.call('kill');
    } catch (error) {
      if (isMachineError(error) && error.code === 'VM_ENDED') return;
      await this.killProcess(error); // supervisor or QEMU do not answer
    }
  }

  async awaitExit(timeout: number): Promise<boolean> {
    const late = AbortSignal.timeout(timeout);
    try {
      await this.call('awaitExit', { signal: late });
      return true;
    } catch (error) {
      if (isMachineError(error) && error.code === 'VM_ENDED') return true;
      if (late.aborted) return false;
      throw error;
    }
  }

  async localPorts(): Promise<LocalPorts> {
    return JSON.parse(String(await this.call('localPorts'))) as LocalPorts;
  }

  private async call(call: Call, options: CallOptions = {}): Promise<string | null> {
    for (let tries = 0; tries < TRIES; tries++) {
      options.signal?.throwIfAborted();
      const socket = await this.reach();
      if (socket === undefined) throw new MachineError('VM_ENDED', 'The virtual machine has ended');
      const answer = await exchange(socket, call, options);
      if (answer === undefined) continue; // it died before it answered, or its VM did
      if ('error' in answer && answer.error.code === UNKNOWN_CALL && call !== 'leave') {
        await this.replace(call);
        continue;
      }
      if ('error' in answer) throw new MachineError(answer.error.code, answer.error.message);
      return answer.result;
    }
    throw new MachineError('SUPERVISOR_SILENT', `The supervisor of ${this.place.dir} died ${TRIES} times; see ${FILES.errorLog} there`);
  }

  /** An older supervisor goes, the VM stays, and the next try attaches one of this version. */
  private async replace(call: Call): Promise<void> {
    const socket = await this.reach();
    const answer = socket && (await exchange(socket, 'leave', {}));
    if (answer === undefined || !('error' in answer)) return;
    throw new MachineError('SUPERVISOR_OLD', `The supervisor of ${this.place.dir} is of a version that does not know ${call}`, {
      hint: 'Stop the machine and start it again',
    });
  }

  private async killProcess(cause: unknown): Promise<void> {
    const found = await findVm(this.place.dir, this.place);
    if (found === undefined) return;
    process.kill(found.process.pid, 'SIGKILL');
    for (let waited = 0; waited < 10_000; waited += 20) {
      if (!(await isAlive(found.process, this.place))) return;
      await delay(20);
    }
    throw new MachineError('VM_UNKILLABLE', `QEMU (process ${found.process.pid}) did not end when it was killed`, { cause });
  }

  private async withConsole(error: MachineError): Promise<MachineError> {
    const [console, qemu] = await Promise.all([
      tailOf(join(this.place.dir, FILES.consoleLog)),
      tailOf(join(this.place.dir, FILES.qemuLog)),
    ]);
    const said = [qemu && `QEMU's last words:\n${qemu}`, console && `The end of the guest's console:\n${console}`].filter(Boolean);
    return new MachineError(error.code, [error.message, ...said].join('\n'), { cause: error });
  }
}

/** The last answer; undefined when the connection ends without one. Rejects with the signal's reason. */
function exchange(socket: Socket, call: Call, { onPhase, signal }: CallOptions): Promise<Exclude<Answer, { phase: unknown }> | undefined> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal?.reason);
      socket.destroy();
    };
    if (signal?.aborted) return abort(); // while it was connecting: no event will tell
    signal?.addEventListener('abort', abort, { once: true });
    socket.on('error', () => {}); // followed by close
    socket.once('close', () => {
      signal?.removeEventListener('abort', abort);
      resolve(undefined);
    });
    onLines(socket, (line) => {
      const answer = JSON.parse(line) as Answer;
      if ('phase' in answer) onPhase?.(...answer.phase);
      else resolve(answer);
    });
    socket.write(`${JSON.stringify({ call })}\n`);
  });
}

/** The last lines of a log, without what would move a terminal's cursor. */
async function tailOf(path: string): Promise<string> {
  try {
    const text = (await readFile(path, 'utf8')).slice(-4000);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    const printable = text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/[^\n\x20-\x7e\u00a0-\uffff]/g, '');
    return printable.trim().split('\n').slice(-15).join('\n');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}
