/**
 * The note of which QEMU process runs a machine. It is written once before QEMU is started and again with its process id and
 * start time right after; when the writer died in between, QEMU's own pid file and the uuid in its arguments tell.
 */
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { MachineError, systemCode } from '../core/errors.ts';
import { commandLineOf, identifyProcess, isAlive, type ProcessIdentity, type ProcessProbe } from '../host/process-identity.ts';
import { FILES } from './files.ts';
import type { SupervisedVm } from './protocol.ts';

export interface VmRecord {
  readonly vm: Pick<SupervisedVm, 'uuid' | 'pidFile' | 'sockets' | 'engine' | 'credentials'>;
  /** Absent between the decision to start QEMU and its start. */
  readonly process?: ProcessIdentity;
  /** The port the guest said its engine listens on, once it did. */
  readonly ready?: number;
}

/** How long a QEMU whose start was not noted is given to write its pid file, which it does before anything else. */
const PID_FILE_WAIT = 2000;

export async function writeRecord(dir: string, record: VmRecord): Promise<void> {
  await writeFileAtomic(join(dir, FILES.record), JSON.stringify(record));
}

/** Removes the note and what QEMU and its supervisor leave behind when they are killed: pid file and sockets. */
export async function forgetVm(dir: string): Promise<void> {
  const { pidFile, sockets } = (await readRecord(dir))?.vm ?? { pidFile: '', sockets: {} };
  const paths = [pidFile, ...Object.values(sockets), FILES.engineSocket].filter((path) => path !== '' && !path.startsWith('\\\\'));
  for (const path of paths) await rm(resolve(dir, path), { force: true });
  await rm(join(dir, FILES.record), { force: true });
}

/** The record whose QEMU lives, its process filled in; undefined when none does. Throws `VM_RECORD_BROKEN`. */
export async function findVm(dir: string, probe: ProcessProbe): Promise<(VmRecord & { process: ProcessIdentity }) | undefined> {
  const record = await readRecord(dir);
  if (record === undefined) return undefined;
  const process = record.process === undefined ? await unnotedProcess(dir, record, probe) : record.process;
  return process !== undefined && (await isAlive(process, probe)) ? { ...record, process } : undefined;
}

async function unnotedProcess(dir: string, record: VmRecord, probe: ProcessProbe): Promise<ProcessIdentity | undefined> {
  for (let waited = 0; waited < PID_FILE_WAIT; waited += 100) {
    const latest = await readRecord(dir); // its starter may be alive
    if (latest === undefined || latest.process !== undefined) return latest?.process;
    const pid = Number.parseInt((await contentOf(join(dir, record.vm.pidFile))) ?? '', 10);
    const found = await identifyProcess(pid, probe);
    if (found !== undefined && (await commandLineOf(pid, probe)).includes(record.vm.uuid)) return found;
    await delay(100);
  }
  return undefined;
}

/** Undefined when there is none. Throws `VM_RECORD_BROKEN`. */
export async function readRecord(dir: string): Promise<VmRecord | undefined> {
  const path = join(dir, FILES.record);
  const text = await contentOf(path);
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text) as Partial<VmRecord> | null;
    if (typeof record?.vm?.uuid === 'string' && typeof record.vm.pidFile === 'string' && record.vm.sockets) return record as VmRecord;
  } catch {
    // told below
  }
  throw new MachineError('VM_RECORD_BROKEN', `${path}: expected the supervisor's note of the running QEMU, found something else`, {
    hint: `End the QEMU process that runs in ${dir}, if there is one, and delete the file`,
  });
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
