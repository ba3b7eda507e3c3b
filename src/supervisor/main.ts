/**
 * The supervisor process: one beside each running local VM, in the machine's folder. It is told on standard input what to start
 * (nothing: attach), says in one line how that went, and ends with its VM. It may be killed at any moment: QEMU does not notice.
 */
import { execFile } from 'node:child_process';
import { statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { tryFileLock } from '../host/file-lock.ts';
import { type Platform, thisPlatform } from '../host/platform.ts';
import type { ProcessProbe } from '../host/process-identity.ts';
import { listenAddress } from './address.ts';
import { ConsoleLog } from './console-log.ts';
import { EngineSide } from './engine-side.ts';
import { FILES } from './files.ts';
import { attach, launch } from './launch.ts';
import { GO, READY, type StartAnswer, type StartRequest } from './protocol.ts';
import { findVm, forgetVm, readRecord } from './record.ts';
import type { RunningVm } from './running-vm.ts';
import { failureOf, serve } from './server.ts';

/** The machine's folder, also after its store was moved. */
const HERE = '.';

/** Milliseconds between looks at whether the machine's folder is still there. */
const FOLDER_LOOK = 5000;

const say = (line: string) => {
  try {
    writeSync(1, `${line}\n`);
  } catch {
    // who started us is gone: the VM runs all the same
  }
};
const answer = (outcome: StartAnswer) => say(JSON.stringify(outcome));

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** The next line of standard input; undefined at its end. */
const nextLine = async (): Promise<string | undefined> => (await input.next()).value;

/** The library's runner costs an import of 85 ms and 20 MB; here it only asks `ps` or PowerShell, where there is no /proc. */
const runner: ProcessProbe['runner'] = {
  run: (file, args, { timeout = 0 } = {}) =>
    new Promise((resolve) => {
      execFile(file, [...args], { timeout, windowsHide: true }, (error, stdout, stderr) =>
        resolve({ exitCode: error ? 1 : 0, stdout, stderr }),
      );
    }),
};

async function obtain(request: StartRequest, probe: ProcessProbe): Promise<RunningVm> {
  const found = await findVm(HERE, probe);
  if (found !== undefined) return attach(HERE, found, probe);
  if (request.vm === undefined) throw new Error('expected a running VM to attach to, found none');
  return launch(HERE, request.vm, probe, confirmed);
}

/** A machine whose folder was deleted (`rm -f` of a broken entry, by hand) cannot be reached any more, nor ever be ended. */
function folderGone(): boolean {
  try {
    return statSync('.').nlink === 0;
  } catch {
    return true;
  }
}

async function supervise(platform: Platform): Promise<void> {
  const request = JSON.parse((await nextLine()) ?? '') as StartRequest;
  const release = await tryFileLock(join(HERE, FILES.lock), platform);
  if (release === undefined) return answer({ busy: true });
  const vm = await obtain(request, { platform, runner });
  const side = await engineSide(vm, request.dir, platform);
  const left = Promise.withResolvers<void>();
  const localPorts = async () => (await side?.list()) ?? { socket: '', ports: [] };
  const server = await serve({ vm, localPorts, leave: left.resolve }, listenAddress(request.dir, platform));
  answer({ started: true });
  const watch = setInterval(() => void (folderGone() && vm.kill()), FOLDER_LOOK);
  await Promise.race([vm.ended.then(() => forgetVm(HERE)), left.promise]);
  clearInterval(watch);
  side?.close();
  await Promise.race([new Promise((resolve) => server.close(resolve)), delay(1000)]); // last answers on their way
  await release();
}

/** As the record says: a supervisor that attaches is told nothing else. */
async function engineSide(vm: RunningVm, dir: string, platform: Platform): Promise<EngineSide | undefined> {
  const { engine, credentials } = (await readRecord(HERE))?.vm ?? {};
  if (engine === undefined || credentials === undefined) return undefined;
  const log = new ConsoleLog(FILES.errorLog);
  const tell = (line: string) => log.write(Buffer.from(`${new Date().toISOString()} ${line}\n`));
  return EngineSide.begin({ vm, engine, credentials, dir, platform, tell });
}

/** Whether who started us is still there and wants QEMU to be started. */
async function confirmed(): Promise<boolean> {
  say(READY);
  return (await nextLine()) === GO;
}

supervise(thisPlatform()).then(
  () => process.exit(0),
  (error: unknown) => {
    answer({ error: failureOf(error) });
    console.error(new Date().toISOString(), error);
    process.exit(1);
  },
);
