/** `kill -9` of a command at one of its calls, and what it leaves. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { FakeAws } from '../../support/moto.ts';
import { environment } from './machines.ts';
import type { ProgramInput } from './program.ts';

/** `before`: the call is never carried out; `after`: it is, and nobody hears of it. */
export type Moment = 'before' | 'after';

/** Runs the bundled program until this call, counted from 1, and kills it there. The name of the call; undefined when it had fewer. */
export async function killAt(
  aws: FakeAws,
  program: string,
  { store, action }: Pick<ProgramInput, 'store' | 'action'>,
  number: number,
  moment: Moment,
): Promise<string | undefined> {
  aws.reset();
  let at: string | undefined;
  const input: ProgramInput = { store, name: 'one', action, env: environment(aws) };
  const child = spawn(process.execPath, [program, JSON.stringify(input)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = text(child.stderr);
  const kill = async () => {
    child.kill('SIGKILL');
    if (child.signalCode === null) await once(child, 'exit');
  };
  aws.fate = async (call) => {
    if (call.number !== number) return 'pass';
    at = call.action;
    if (moment === 'after') return 'lost';
    await kill();
    return 'cut';
  };
  aws.answered = async (call) => {
    if (call.number === number) await kill();
  };
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  aws.reset();
  if (at === undefined && child.exitCode !== 0) throw new Error(`the program failed: ${await said}`);
  return at;
}
