/** From one engine to the other on a host: told first, nothing of either is deleted. */
import { MachineError } from '../core/errors.ts';
import { serviceScript } from './engine-ts-bundle.ts';
import { type EngineTsState, lookAtEngineTs } from './engine-ts-look.ts';
import type { Guest } from './guest.ts';

/** Before our engine takes the service `docker`: Docker's is stopped, its packages stay. */
export async function leaveDocker(guest: Guest, state: EngineTsState): Promise<void> {
  if (state.running !== 'docker') return;
  await consent(
    guest,
    state,
    "Docker's engine",
    'Its images, containers and volumes stay in /var/lib/docker and come back with --engine docker.',
  );
  const words =
    guest.facts.init === 'systemd' ? ['systemctl', 'stop', 'docker.socket', 'docker.service'] : ['rc-service', 'docker', 'stop'];
  await run(guest, words);
}

/**
 * Before Docker's engine takes the service: ours is stopped with its containers and gives back what it took. Gives whether it
 * was there at all.
 */
export async function leaveEngineTs(guest: Guest): Promise<boolean> {
  const state = await lookAtEngineTs(guest);
  if (!state.program) return false;
  await consent(
    guest,
    state,
    "tsmachine's engine",
    'Its images, containers and volumes stay in /var/lib/tsmachine/engine and come back with --engine ts.',
  );
  await run(guest, ['sh', '-c', await serviceScript('remove.sh'), 'sh', guest.facts.init]);
  return true;
}

/** Running containers end: that wants a yes. Throws `ENGINE_SWITCH` without one. */
async function consent({ log, ask, agreed }: Guest, { containers }: EngineTsState, from: string, stay: string): Promise<void> {
  log.warn(`This machine has ${from}, which makes room for another. ${stay}`);
  if (containers === 0 || agreed) return;
  const what = containers === 1 ? '1 running container' : `${containers} running containers`;
  const answer = await ask?.({ text: `${what} will be stopped. Go on? (y/n): `, secret: false });
  if (/^y(es)?$/i.test(answer?.trim() ?? '')) return;
  throw new MachineError('ENGINE_SWITCH', `switching the engine stops ${what}, and nobody said yes to that`, {
    hint: 'stop them first, answer the question on a terminal, or provision --engine … --yes',
  });
}

async function run({ root }: Guest, words: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await root.run(words);
  if (exitCode !== 0)
    throw new MachineError('PROVISION_FAILED', `the engines could not be switched: ${stderr.trim() || `exit code ${exitCode}`}`);
}
