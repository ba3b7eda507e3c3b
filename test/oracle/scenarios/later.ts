/**
 * Endpoints of later issues. Ours answers them with dockerd's 404 until they come; `diff.ts` compares them, the test does
 * not. A scenario moves to its area when its endpoint is there.
 */

import type { Scenario } from './index.ts';

const ON_NOTHING: [method: string, path: string][] = [
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
  },

  auth: async (t) => {
    await t.call('auth without a body', { method: 'POST', path: '/auth' });
    await t.call('auth with a bad body', { method: 'POST', path: '/auth', body: '{', headers: { 'Content-Type': 'application/json' } });
  },
};
