/** tsmachine.json in a machine's folder: what config.json has no field for. A machine made by docker-machine has none. */
import { writeFileAtomic } from '../core/atomic-file.ts';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import { readSmallFile } from '../core/read-file.ts';

export interface MachineRecord {
  readonly formatVersion: 1;
  /** `creating` with nobody creating: the process died. `failed`: the VM is undone, the entry stays. */
  readonly phase: 'creating' | 'complete' | 'failed';
  /** The journal: the step of create that was begun last. */
  readonly step?: string;
  /** Digest of what was asked for: the same create resumes, another one starts anew. */
  readonly request?: string;
  readonly error?: { readonly code: string; readonly message: string };
  /** Of the server certificate in the store; a guest takes only a greater one than it has. */
  readonly certificateGeneration: number;
  /** SHA-256 fingerprints of the CAs that the engine was last made to trust; unknown for what docker-machine set up. */
  readonly trust?: readonly string[];
  /** The same of a hand-over at boot, until the guest said that it is ready. */
  readonly offeredTrust?: readonly string[];
  /** Of the engine options. */
  readonly engineGeneration: number;
  /** Pinned SSH host keys, OpenSSH public key form. */
  readonly hostKeys: readonly string[];
  /** Which engine a distribution was given, and the version asked for ('' for the newest). */
  readonly engine?: { readonly kind: EngineKind; readonly version: string };
  /** Jump hosts on the way to the machine, in the form of ssh's -J. */
  readonly sshProxyJump?: string;
  /** Their pinned SSH host keys, by `host:port`. */
  readonly jumpHostKeys?: Readonly<Record<string, readonly string[]>>;
  /** A start or restart that was begun: `start` of a machine that runs by now goes on with it. */
  readonly pending?: 'start';
  /** The Docker context made for this machine. */
  readonly context?: string;
}

/** Docker's own engine, or ours. */
export type EngineKind = 'docker' | 'ts';

export const emptyRecord: MachineRecord = {
  formatVersion: 1,
  phase: 'complete',
  certificateGeneration: 0,
  engineGeneration: 0,
  hostKeys: [],
};

/** Bytes. */
const LONGEST = 1 << 20;

/** Undefined when there is none. Throws MACHINE_BROKEN for one that cannot be read. */
export async function readRecord(path: string): Promise<MachineRecord | undefined> {
  try {
    return check({ ...emptyRecord, ...(JSON.parse(await readSmallFile(path, LONGEST)) as object) });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new MachineError('MACHINE_BROKEN', `tsmachine.json cannot be read: ${messageOf(error)}`, {
      cause: error,
      hint: `mend ${path}, or remove the machine with rm -f`,
    });
  }
}

export async function writeRecord(path: string, record: MachineRecord): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(record, undefined, 2)}\n`, 0o600);
}

function check(record: MachineRecord): MachineRecord {
  if (record.formatVersion !== 1) throw new Error(`formatVersion: expected 1, found ${JSON.stringify(record.formatVersion)}`);
  if (!['creating', 'complete', 'failed'].includes(record.phase))
    throw new Error(`phase: expected creating, complete or failed, found ${JSON.stringify(record.phase)}`);
  for (const key of ['certificateGeneration', 'engineGeneration'] as const)
    if (!Number.isSafeInteger(record[key])) throw new Error(`${key}: expected a whole number, found ${JSON.stringify(record[key])}`);
  if (!isTexts(record.hostKeys)) throw new Error(`hostKeys: expected a list of keys, found ${JSON.stringify(record.hostKeys)}`);
  for (const key of ['trust', 'offeredTrust'] as const)
    if (record[key] !== undefined && !isTexts(record[key]))
      throw new Error(`${key}: expected a list of fingerprints, found ${JSON.stringify(record[key])}`);
  return record;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
