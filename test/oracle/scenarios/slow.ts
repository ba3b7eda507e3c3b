/** Answers dockerd takes 10 to 15 seconds for: it waits for plugins and sessions that never come. */

import type { Scenario } from './index.ts';

export const slowScenarios: Record<string, Scenario> = {
  'slow refusals': async (t) => {
    const id = await t.running('slow', { Image: 'busybox', Cmd: ['sleep', '1000'] });
    const made = await t.quiet({ method: 'POST', path: '/containers/slow/exec', body: { Cmd: ['true'] } });
    const { Id } = JSON.parse(made.body.toString()) as { Id: string };
    const odd = { Image: 'busybox', Cmd: ['true'], HostConfig: { LogConfig: { Type: 'odd' } } };
    await Promise.all([
      t.call('exec resize before start', { method: 'POST', path: `/exec/${Id}/resize?h=1&w=1` }),
      t.call('container with an unknown log driver', { method: 'POST', path: '/containers/create', body: odd }),
      t.call('volume of an unknown driver', { method: 'POST', path: '/volumes/create', body: { Name: 'other', Driver: 'odd' } }),
    ]);
    await t.remove(id);
  },
};
