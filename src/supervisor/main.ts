/**
 * The supervisor process: one beside each running local VM, in the machine's folder. It is told on standard input what to start
 * (nothing: attach), says in one line how that went, and ends with its VM. It may be killed at any moment: QEMU does not notice.
 */
import { execFile } from 'node:child_process';
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Platform, thisPlatform } from '../host/platform.ts';
import type { ProcessProbe } from '../host/process-identity.ts';
import { listenAddress } from './address.ts';
import { attach, launch } from './launch.ts';
import { becomeSupervisor } from './lock.ts';
import type { StartAnswer, StartRequest } from './protocol.ts';
import { findVm, forgetVm } from './record.ts';
import type { RunningVm } from './running-vm.ts';
import { failureOf, serve } from './server.ts';

const say = (answer: StartAnswer) => {
  try {
    writeSync(1, `${JSON.stringify(answer)}\n`);
  } catch {
    // who started us is gone: the VM runs all the same
  }
};

/** The library's runner costs an import of 85 ms and 20 MB; here it only asks `ps` or PowerShell, where there is no /proc. */
const runner: ProcessProbe['runner'] = {
  run: (file, args, { timeout = 0 } = {}) =>
    new Promise((resolve) => {
      execFile(file, [...args], { timeout, windowsHide: true }, (error, stdout, stderr) =>
        resolve({ exitCode: error ? 1 : 0, stdout, stderr }),
      );
    }),
};

async function obtain(dir: string, request: StartRequest, probe: ProcessProbe): Promise<RunningVm> {
  const found = await findVm(dir, probe);
  if (found !== undefined) return attach(dir, found, probe);
  if (request.vm === undefined) throw new Error('expected a running VM to attach to, found none');
  return launch(dir, request.vm, probe);
}

async function supervise(platform: Platform): Promise<void> {
  const dir = process.cwd();
  const request = JSON.parse(await readInput()) as StartRequest;
  if (!(await becomeSupervisor(dir, platform))) return say({ busy: true });
  const vm = await obtain(dir, request, { platform, runner });
  const server = await serve(vm, listenAddress(dir, platform));
  say({ started: true });
  await vm.ended;
  await forgetVm(dir);
  await Promise.race([new Promise((resolve) => server.close(resolve)), delay(1000)]); // last answers on their way
}

async function readInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return text;
}

supervise(thisPlatform()).then(
  () => process.exit(0),
  (error: unknown) => {
    say({ error: failureOf(error) });
    console.error(new Date().toISOString(), error);
    process.exit(1);
  },
);
