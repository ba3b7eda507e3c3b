/** attach and logs: hijacked or not, framed or a terminal's raw bytes, tails and times. */

import type { Scenario } from './index.ts';

const UPGRADE = { Connection: 'Upgrade', Upgrade: 'tcp' };
const SPEAK = { Image: 'busybox', Cmd: ['sh', '-c', 'echo out; echo err >&2; echo -n last'] };
const ALL = 'stdout=1&stderr=1';

export const streamScenarios: Record<string, Scenario> = {
  logs: async (t) => {
    const id = await t.ran('ll', {
      Image: 'busybox',
      Cmd: ['sh', '-c', 'for i in 1 2 3 4 5; do echo out $i; sleep 0.05; echo err $i >&2; sleep 0.05; done; echo -n unfinished'],
    });
    const queries = {
      both: ALL,
      stdout: 'stdout=1',
      stderr: 'stderr=true',
      neither: '',
      'tail 2': `${ALL}&tail=2`,
      'tail 0': `${ALL}&tail=0`,
      'tail all': `${ALL}&tail=all`,
      'a bad tail': `${ALL}&tail=x`,
      'a negative tail': `${ALL}&tail=-1`,
      'tail of one stream': 'stdout=1&tail=2',
      timestamps: `${ALL}&timestamps=1`,
      details: `${ALL}&details=1`,
      follow: `${ALL}&follow=1`,
      'since the future': `${ALL}&since=99999999999`,
      'until the past': `${ALL}&until=1`,
      'a bad since': `${ALL}&since=x`,
      'a bad until': `${ALL}&until=x`,
    };
    for (const [name, query] of Object.entries(queries)) await t.call(name, { path: `/containers/ll/logs?${query}` });
    await t.remove(id);
  },

  'logs of a terminal': async (t) => {
    const id = await t.ran('lt', { ...SPEAK, Tty: true });
    await t.call('both', { path: `/containers/lt/logs?${ALL}` });
    await t.call('stderr', { path: '/containers/lt/logs?stderr=1' });
    await t.remove(id);
  },

  'logs before start and without a log': async (t) => {
    const created = await t.create('lc', SPEAK);
    await t.call('before start', { path: `/containers/lc/logs?${ALL}` });
    const none = await t.ran('ln', { ...SPEAK, HostConfig: { LogConfig: { Type: 'none' } } });
    await t.call('log driver none', { path: `/containers/ln/logs?${ALL}` });
    await t.remove(created, none);
  },

  'logs of another kind of lines': async (t) => {
    const long = await t.ran('ll', {
      Image: 'busybox',
      Cmd: ['sh', '-c', 'head -c 40000 /dev/zero | tr "\\0" x; echo; printf "a\\000b\\377\\r\\n"'],
    });
    await t.call('long line', { path: `/containers/ll/logs?${ALL}` });
    await t.remove(long);
  },

  attach: async (t) => {
    for (const [name, headers] of Object.entries({ 'with upgrade': UPGRADE, 'without upgrade': {} })) {
      for (const Tty of [false, true]) {
        const kind = `${name}${Tty ? ', terminal' : ''}`;
        const id = await t.create('aa', { ...SPEAK, Tty, OpenStdin: false });
        const attached = t.call(kind, { method: 'POST', path: `/containers/aa/attach?stream=1&${ALL}`, headers });
        await t.quiet({ path: '/_ping' });
        await settled();
        await t.quiet({ method: 'POST', path: '/containers/aa/start' });
        await attached;
        await t.call(`${kind}: logs of what has ended`, {
          method: 'POST',
          path: `/containers/aa/attach?logs=1&${ALL}`,
          headers,
          patience: 2000,
        });
        // It waits for the next start.
        await t.call(`${kind}: stream of what has ended`, {
          method: 'POST',
          path: `/containers/aa/attach?stream=1&${ALL}`,
          headers,
          patience: 300,
        });
        await t.remove(id);
      }
    }
  },

  'attach with input': async (t) => {
    const id = await t.create('ai', { Image: 'busybox', Cmd: ['cat'], OpenStdin: true, StdinOnce: true, AttachStdin: true });
    const path = `/containers/ai/attach?stream=1&stdin=1&${ALL}`;
    const attached = t.call('cat', { method: 'POST', path, headers: UPGRADE, stdin: 'one\ntwo\n' });
    await settled();
    await t.quiet({ method: 'POST', path: '/containers/ai/start' });
    await attached;
    await t.call('wait', { method: 'POST', path: '/containers/ai/wait' });
    await t.remove(id);
  },

  'attach refused': async (t) => {
    const id = await t.create('ar', SPEAK);
    await t.call('nothing asked', { method: 'POST', path: '/containers/ar/attach', headers: UPGRADE });
    await t.call('bad detach keys', {
      method: 'POST',
      path: `/containers/ar/attach?stream=1&${ALL}&detachKeys=odd-keys`,
      headers: UPGRADE,
    });
    await t.remove(id);
    await t.call('no such container', { method: 'POST', path: `/containers/nosuch/attach?stream=1&${ALL}`, headers: UPGRADE });
  },
};

/** An attach is served in the order it came; this lets it reach the daemon before the start does. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200));
}
