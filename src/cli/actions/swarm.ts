import type { Machine } from '../../machine/api.ts';

/** Classic Swarm, as far as stores that docker-machine wrote still name it: machines with one discovery URL are one swarm. */
export function swarmMaster(machine: Machine, all: readonly Machine[]): string {
  const { Discovery: discovery, Master: isMaster } = machine.config.hostOptions.SwarmOptions;
  if (discovery === '') return '';
  const master = all.find(
    ({ config }) => config.hostOptions.SwarmOptions.Master && config.hostOptions.SwarmOptions.Discovery === discovery,
  );
  return `${master?.name ?? ''}${isMaster ? ' (master)' : ''}`;
}

/** The swarm's own URL on its master: the machine's address with the swarm's port. */
export function swarmUrl(machine: Machine, url: string): string | undefined {
  const { Master: isMaster, Host: host } = machine.config.hostOptions.SwarmOptions;
  const port = /:(\d+)$/.exec(host)?.[1];
  return isMaster && port ? url.replace(/:\d+$/, `:${port}`) : undefined;
}
