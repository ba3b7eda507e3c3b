/** pause, top and prune. */

import type { Scenario } from './index.ts';

const SLEEP = { Image: 'busybox', Cmd: ['sleep', '1000'] };
const post = (path: string) => ({ method: 'POST', path });

export const controlScenarios: Record<string, Scenario> = {
  pause: async (t) => {
    const id = await t.running('pp', SLEEP);
    await t.call('pause', post('/containers/pp/pause'));
    await t.call('pause again', post('/containers/pp/pause'));
    await t.call('start while paused', post('/containers/pp/start'));
    await t.call('exec while paused', { method: 'POST', path: '/containers/pp/exec', body: { Cmd: ['true'] } });
    await t.call('unpause', post('/containers/pp/unpause'));
    await t.remove(id);
  },

  prune: async (t) => {
    await t.ran('prune', { Image: 'busybox', Cmd: ['true'] });
    await t.call('with a bad filter', post('/containers/prune?filters=x'));
    await t.call('containers', post('/containers/prune'));
    await t.call('nothing', post('/containers/prune'));
    await t.call('volumes', post('/volumes/prune'));
  },

  top: async (t) => {
    const id = await t.running('xx', { Image: 'busybox', Cmd: ['sleep', '1000'] });
    const answer = await t.quiet({ path: '/containers/xx/top' });
    const { Titles, Processes } = JSON.parse(answer.body.toString()) as { Titles: string[]; Processes: string[][] };
    t.note('top', {
      status: String(answer.status),
      titles: String(Titles),
      processes: String(Processes?.length),
      command: String(Processes?.[0]?.at(-1)),
    });
    await t.call('bad arguments', { path: '/containers/xx/top?ps_args=--odd' });
    await t.remove(id);
  },
};
