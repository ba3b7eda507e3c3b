/**
 * Endpoints of later issues. Ours answers them with dockerd's 404 until they come; `diff.ts` compares them, the test does
 * not. A scenario moves to its area when its endpoint is there.
 */

import type { Scenario } from './index.ts';

const SLEEP = { Image: 'busybox', Cmd: ['sleep', '1000'] };
const post = (path: string) => ({ method: 'POST', path });

const ON_NOTHING: [method: string, path: string][] = [
  ['POST', '/containers/nosuch/pause'],
  ['POST', '/containers/nosuch/unpause'],
  ['GET', '/containers/nosuch/top'],
  ['GET', '/containers/nosuch/changes'],
  ['GET', '/containers/nosuch/stats?stream=0'],
  ['GET', '/containers/nosuch/export'],
];

export const laterScenarios: Record<string, Scenario> = {
  'later on nothing': async (t) => {
    for (const [method, path] of ON_NOTHING) await t.call(`${method} ${path}`, { method, path });
    await t.call('update', { method: 'POST', path: '/containers/nosuch/update', body: {} });
    await t.call('save of nothing', { path: '/images/nosuch/get' });
    await t.call('push of nothing', { method: 'POST', path: '/images/nosuch/push' });
    await t.call('prune', { method: 'POST', path: '/volumes/prune' });
  },

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
  },
  auth: async (t) => {
    await t.call('auth without a body', { method: 'POST', path: '/auth' });
    await t.call('auth with a bad body', { method: 'POST', path: '/auth', body: '{', headers: { 'Content-Type': 'application/json' } });
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
