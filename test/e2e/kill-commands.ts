/** Which commands are killed, from which state of the machine, and what the same command may say when it had done its work. */
import { expect } from 'vitest';
import { processesIn } from '../integration/supervisor/tiny-vm.ts';
import { killPoints, runAndKill } from '../support/killed-commands.ts';
import { ROOT, type TestStore } from './store.ts';

export interface KilledCommand {
  readonly words: readonly string[];
  /** The machine's state before each run. */
  readonly from: 'Running' | 'Stopped' | 'none';
  /** What a command says that finds its work done: it was killed at its very end. */
  readonly done: RegExp;
  readonly after: 'Running' | 'Stopped' | 'none';
}

export const KILLED: readonly KilledCommand[] = [
  { words: ['stop', 'm'], from: 'Running', done: /is already stopped/, after: 'Stopped' },
  { words: ['start', 'm'], from: 'Stopped', done: /is already running/, after: 'Running' },
  { words: ['restart', 'm'], from: 'Running', done: /^$/, after: 'Running' },
  { words: ['regenerate-certs', '-f', 'm'], from: 'Running', done: /^$/, after: 'Running' },
  { words: ['regenerate-certs', '-f', '--client-certs', 'm'], from: 'Running', done: /^$/, after: 'Running' },
  { words: ['upgrade', 'm'], from: 'Running', done: /^$/, after: 'Running' },
  { words: ['kill', 'm'], from: 'Running', done: /is already stopped/, after: 'Stopped' },
  { words: ['rm', '-y', 'm'], from: 'Running', done: /does not exist/, after: 'none' },
  { words: ['create', 'm'], from: 'none', done: /already exists/, after: 'Running' },
];

const LAUNCHER = `${ROOT}/dist/bin/tsmachine.cjs`;

/** Kills the command at so many points of its run; each time the same command again succeeds, and everything is in order. */
export async function killAndRepeat(store: TestStore, command: KilledCommand, count: number): Promise<void> {
  const program = { file: 'node', words: [LAUNCHER, ...command.words], env: store.env, cwd: ROOT };
  await bring(store, command.from);
  const whole = await runAndKill(program);
  expect(whole.code, whole.output).toBe(0);
  for (const point of killPoints(count)) {
    await bring(store, command.from);
    const killed = await runAndKill(program, point * whole.milliseconds);
    const again = await runAndKill(program);
    const story = `${command.words.join(' ')}, killed at ${point.toFixed(3)} of ${Math.round(whole.milliseconds)} ms:\n${killed.output}\nand again:\n${again.output}`;
    if (again.code !== 0) expect(again.output, story).toMatch(command.done);
    await inOrder(store, command.after, story);
  }
}

async function stateOf(store: TestStore): Promise<string> {
  const { code, stdout } = await store.cli('status', 'm');
  return code === 0 ? stdout.trim() : 'none';
}

async function bring(store: TestStore, wanted: KilledCommand['from']): Promise<void> {
  const state = await stateOf(store);
  if (state === wanted) return;
  if (wanted === 'none') await store.must('rm', '-y', 'm');
  else if (state === 'none') {
    await store.must('create', 'm');
    await bring(store, wanted);
  } else await store.must(wanted === 'Running' ? 'start' : 'stop', 'm');
}

async function inOrder(store: TestStore, wanted: KilledCommand['after'], story: string): Promise<void> {
  expect(await stateOf(store), story).toBe(wanted);
  const vms = processesIn(store.file('m', '').replace(/\/$/, '')).filter(({ command }) => command.includes('-pidfile'));
  expect(vms.length, story).toBe(wanted === 'Running' ? 1 : 0);
  if (wanted === 'Running') expect(await store.on('m', 'version'), story).toMatchObject({ code: 0 });
  const left = JSON.parse((await store.must('gc', '--json')).trim()) as { kind: string }[];
  expect(
    left.filter(({ kind }) => kind !== 'image'),
    story,
  ).toEqual([]); // the test store has all that were ever built
}
