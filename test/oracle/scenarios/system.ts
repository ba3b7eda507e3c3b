/** Ping, version, info, API versions, unknown and swarm endpoints. */

import type { Scenario } from './index.ts';

/** What a route outside every version, a wrong method and a wrong path answer. */
const UNKNOWN: [name: string, method: string, path: string][] = [
  ['unknown path', 'GET', '/nothing/here'],
  ['unknown below containers', 'GET', '/containers/x/nothing'],
  ['wrong method', 'PUT', '/containers/json'],
  ['wrong method on version', 'POST', '/version'],
  ['trailing slash', 'GET', '/containers/json/'],
  ['double slash', 'GET', '//containers/json'],
  ['root', 'GET', '/'],
];

const SWARM: [method: string, path: string][] = [
  ['GET', '/swarm'],
  ['GET', '/nodes'],
  ['GET', '/nodes/x'],
  ['GET', '/services'],
  ['GET', '/services/x'],
  ['GET', '/services/x/logs?stdout=1'],
  ['GET', '/tasks'],
  ['GET', '/tasks/x'],
  ['GET', '/secrets'],
  ['GET', '/secrets/x'],
  ['GET', '/configs'],
  ['GET', '/configs/x'],
  ['DELETE', '/services/x'],
  ['DELETE', '/nodes/x'],
  ['POST', '/swarm/leave'],
  ['GET', '/swarm/unlockkey'],
];

export const systemScenarios: Record<string, Scenario> = {
  ping: async (t) => {
    await t.call('GET _ping', { path: '/_ping' });
    await t.call('HEAD _ping', { method: 'HEAD', path: '/_ping' });
    await t.raw('GET _ping unversioned', { path: '/_ping' });
    await t.call('POST _ping', { method: 'POST', path: '/_ping' });
  },

  version: async (t) => {
    await t.call('GET version', { path: '/version' });
    await t.raw('GET version unversioned', { path: '/version' });
  },

  info: async (t) => {
    await t.call('GET info', { path: '/info' });
  },

  'api versions': async (t) => {
    for (const version of ['v1.0', 'v1.11', 'v1.99', 'v2.0', 'v1', 'v1.24.1', 'vx', 'v1.']) {
      await t.raw(`GET ${version}/version`, { path: `/${version}/version` });
      await t.raw(`GET ${version}/_ping`, { path: `/${version}/_ping` });
    }
    for (let minor = 24; minor <= t.minor; minor += 1)
      await t.raw(`GET v1.${minor}/containers/json`, { path: `/v1.${minor}/containers/json?all=1` });
  },

  'unknown endpoints': async (t) => {
    for (const [name, method, path] of UNKNOWN) {
      await t.call(name, { method, path });
      await t.raw(`${name}, unversioned`, { method, path });
    }
    await t.raw('OPTIONS', { method: 'OPTIONS', path: '/version' });
    await t.raw('HEAD of a GET route', { method: 'HEAD', path: '/version' });
  },

  swarm: async (t) => {
    for (const [method, path] of SWARM) await t.call(`${method} ${path}`, { method, path });
    await t.call('POST services/create', { method: 'POST', path: '/services/create', body: {} });
    await t.call('POST secrets/create', { method: 'POST', path: '/secrets/create', body: {} });
    await t.call('POST swarm/update', { method: 'POST', path: '/swarm/update?version=1', body: {} });
  },

  events: async (t) => {
    await t.call('events in the past', { path: '/events?since=1&until=2' });
    await t.call('events with a bad filter', { path: '/events?filters=nonsense' });
    await t.call('events with bad times', { path: '/events?since=yesterday' });
    await t.call('events since after until', { path: '/events?since=20&until=10' });
  },

  'events of a container': async (t) => {
    const seconds = () => (Date.now() / 1000).toFixed(3);
    const since = seconds();
    const id = await t.ran('eventful', { Image: 'busybox', Cmd: ['sh', '-c', 'exit 3'], Labels: { a: 'b' } });
    await t.quiet({ method: 'POST', path: '/containers/eventful/rename?name=renamed' });
    await t.remove(id);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const until = seconds();
    const path = (filters: object) => `/events?since=${since}&until=${until}&filters=${encodeURIComponent(JSON.stringify(filters))}`;
    await t.call('all of it', { path: path({ container: [id] }) });
    await t.call('some of it', { path: path({ container: [id], event: ['die', 'destroy'] }) });
    await t.call('by label', { path: path({ label: ['a=b'], event: ['create'] }) });
  },
};
