/** start, stop, kill, wait, restart, pause, rename, remove: what they answer in each state. */

import type { Scenario } from './index.ts';

const SLEEP = { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: { StopTimeout: 1 }, StopTimeout: 0 };
const post = (path: string) => ({ method: 'POST', path });

const ON_NOTHING: [method: string, path: string][] = [
  ['POST', '/containers/nosuch/start'],
  ['POST', '/containers/nosuch/stop'],
  ['POST', '/containers/nosuch/kill'],
  ['POST', '/containers/nosuch/restart'],
  ['POST', '/containers/nosuch/wait'],
  ['POST', '/containers/nosuch/rename?name=x1'],
  ['POST', '/containers/nosuch/resize?h=1&w=1'],
  ['POST', '/containers/nosuch/attach?stdout=1'],
  ['POST', '/containers/nosuch/pause'],
  ['POST', '/containers/nosuch/unpause'],
  ['GET', '/containers/nosuch/top'],
  ['GET', '/containers/nosuch/json'],
  ['GET', '/containers/nosuch/logs?stdout=1'],
  ['DELETE', '/containers/nosuch'],
  ['DELETE', '/containers/nosuch?force=1'],
];

export const lifeScenarios: Record<string, Scenario> = {
  'on nothing': async (t) => {
    for (const [method, path] of ON_NOTHING) await t.call(`${method} ${path}`, { method, path });
    await t.call('exec', { method: 'POST', path: '/containers/nosuch/exec', body: { Cmd: ['true'] } });
  },

  'life of a container': async (t) => {
    const id = await t.create('life', SLEEP);
    await t.call('kill before start', post('/containers/life/kill'));
    await t.call('stop before start', post('/containers/life/stop'));
    await t.call('pause before start', post('/containers/life/pause'));
    await t.call('unpause before start', post('/containers/life/unpause'));
    await t.call('top before start', { path: '/containers/life/top' });
    await t.call('wait before start', post('/containers/life/wait'));
    await t.call('resize before start', post('/containers/life/resize?h=10&w=10'));
    await t.call('start', post(`/containers/${id.slice(0, 8)}/start`));
    await t.call('start again', post('/containers/life/start'));
    await t.call('remove while running', { method: 'DELETE', path: '/containers/life' });
    await t.call('kill with an unknown signal', post('/containers/life/kill?signal=SIGODD'));
    await t.call('kill with signal 0', post('/containers/life/kill?signal=0'));
    await t.call('kill with a signal too high', post('/containers/life/kill?signal=99'));
    await t.call('kill by number', post('/containers/life/kill?signal=18'));
    await t.call('kill by name', post('/containers/life/kill?signal=CONT'));
    await t.call('kill by full name', post('/containers/life/kill?signal=sigcont'));
    await t.call('resize', post('/containers/life/resize?h=10&w=10'));
    await t.call('resize badly', post('/containers/life/resize?h=x&w=10'));
    await t.call('resize by nothing', post('/containers/life/resize'));
    await t.call('stop', post('/containers/life/stop?t=0'));
    await t.call('stop again', post('/containers/life/stop'));
    await t.call('kill after stop', post('/containers/life/kill'));
    await t.call('wait after stop', post('/containers/life/wait'));
    await t.call('start a second time', post('/containers/life/start'));
    await t.call('restart', post('/containers/life/restart?t=0'));
    await t.call('kill', post('/containers/life/kill'));
    await t.quiet(post('/containers/life/wait'));
    await t.call('remove', { method: 'DELETE', path: '/containers/life' });
    await t.call('remove again', { method: 'DELETE', path: '/containers/life' });
  },

  rename: async (t) => {
    const [one, two] = [await t.create('one', SLEEP), await t.create('two', SLEEP)];
    await t.call('rename', post('/containers/one/rename?name=three'));
    await t.call('to a taken name', post('/containers/three/rename?name=two'));
    await t.call('to its own name', post('/containers/three/rename?name=three'));
    await t.call('to nothing', post('/containers/three/rename?name='));
    await t.call('to a bad name', post('/containers/three/rename?name=-x'));
    await t.remove(one, two);
  },

  'ambiguous prefix': async (t) => {
    // Seventeen ids share at least one first character.
    const ids: string[] = [];
    for (let i = 0; i < 17; i += 1) ids.push(await t.create(`amb${i}`, SLEEP));
    const count = new Map<string, number>();
    for (const id of ids) count.set(id[0] ?? '', (count.get(id[0] ?? '') ?? 0) + 1);
    const [prefix = ''] = [...count].find(([, many]) => many > 1) ?? [];
    const observe = async (method: string, path: string) => {
      const answer = await t.quiet({ method, path: `/containers/${prefix}${path}` });
      t.note(`${method} ${path}`, {
        status: String(answer.status),
        body: answer.body.toString().replaceAll(/(prefix|container):? .(?=["\\: ])/g, '$1 P'),
      });
    };
    for (const path of ['/json', '/logs?stdout=1']) await observe('GET', path);
    for (const path of ['/start', '/stop', '/kill', '/wait']) await observe('POST', path);
    await observe('DELETE', '');
    await t.remove(...ids);
  },

  wait: async (t) => {
    const id = await t.create('ww', { Image: 'busybox', Cmd: ['sh', '-c', 'exit 5'] });
    const [next, removed, plain] = ['next-exit', 'removed', 'not-running'].map((condition) =>
      t.quiet({ method: 'POST', path: `/containers/${id}/wait?condition=${condition}` }),
    );
    const early = await plain;
    await t.call('bad condition', post('/containers/ww/wait?condition=odd'));
    await t.call('start', post('/containers/ww/start'));
    const first = await next;
    await t.call('next status', post('/containers/ww/wait?condition=not-running'));
    await t.call('remove', { method: 'DELETE', path: '/containers/ww' });
    const last = await removed;
    for (const [name, answer] of Object.entries({ early, first, last })) {
      t.note(name, { status: String(answer?.status), body: String(answer?.body) });
    }
  },

  'auto-remove': async (t) => {
    const id = await t.create('gone', { Image: 'busybox', Cmd: ['true'], HostConfig: { AutoRemove: true } });
    const removed = t.quiet(post(`/containers/${id}/wait?condition=removed`));
    await t.call('start', post('/containers/gone/start'));
    const answer = await removed;
    t.note('removed', { status: String(answer.status), body: String(answer.body) });
    await t.call('inspect', { path: '/containers/gone/json' });
  },

  'start refused': async (t) => {
    const cases: Record<string, object> = {
      'no such program': { Cmd: ['nosuchprogram'] },
      'no such path': { Cmd: ['/no/such/program'] },
      'a directory': { Cmd: ['/etc'] },
      'not executable': { Cmd: ['/etc/passwd'] },
      'no such user': { Cmd: ['true'], User: 'nosuch' },
      'no such group': { Cmd: ['true'], User: 'root:nosuch' },
      'empty program': { Cmd: [''] },
    };
    for (const [name, body] of Object.entries(cases)) {
      const id = await t.create('refused', { Image: 'busybox', ...body });
      await t.call(name, post('/containers/refused/start'));
      const { State } = JSON.parse((await t.quiet({ path: '/containers/refused/json' })).body.toString()) as {
        State: Record<string, unknown>;
      };
      t.note(`state after ${name}`, { status: String(State.Status), exit: String(State.ExitCode), error: String(State.Error) });
      await t.remove(id);
    }
  },

  'remove parameters': async (t) => {
    const id = await t.running('rr', SLEEP);
    await t.call('a bad boolean is true', { method: 'DELETE', path: '/containers/rr?force=odd&v=0' });
    await t.remove(id);
    await t.call('a removed link', { method: 'DELETE', path: '/containers/nosuch?link=1' });
    await t.call('stop with a bad timeout', post('/containers/nosuch/stop?t=x'));
  },
};
