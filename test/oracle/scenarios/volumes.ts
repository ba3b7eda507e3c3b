/** Volumes: create, list, inspect, remove, prune, in use. */

import type { Scenario } from './index.ts';

export const volumeScenarios: Record<string, Scenario> = {
  volumes: async (t) => {
    const create = (name: string, body: object | string) =>
      t.call(name, { method: 'POST', path: '/volumes/create', body, headers: { 'Content-Type': 'application/json' } });
    await t.call('empty list', { path: '/volumes' });
    await create('create', { Name: 'vol', Labels: { a: 'b' } });
    await create('create again', { Name: 'vol' });
    await create('create with a bad name', { Name: '-bad' });
    await create('create with an unknown option', { Name: 'other', DriverOpts: { odd: '1' } });
    await create('create with a bad body', '{');
    await t.call('inspect', { path: '/volumes/vol' });
    await t.call('inspect of nothing', { path: '/volumes/nosuch' });
    await t.call('list', { path: '/volumes' });
    await t.call('list by name', { path: '/volumes?filters={"name":["vo"]}' });
    await t.call('list by label', { path: '/volumes?filters={"label":["a=c"]}' });
    await t.call('list by an unknown filter', { path: '/volumes?filters={"odd":["x"]}' });
    await t.call('list dangling', { path: '/volumes?filters={"dangling":["true"]}' });
    const id = await t.create('uses', { Image: 'busybox', Cmd: ['true'], HostConfig: { Binds: ['vol:/data'] } });
    await t.call('remove in use', { method: 'DELETE', path: '/volumes/vol' });
    await t.call('remove in use by force', { method: 'DELETE', path: '/volumes/vol?force=1' });
    await t.remove(id);
    await t.call('remove', { method: 'DELETE', path: '/volumes/vol' });
    await t.call('remove again', { method: 'DELETE', path: '/volumes/vol' });
    await t.call('remove nothing by force', { method: 'DELETE', path: '/volumes/vol?force=1' });
  },

  'volumes in containers': async (t) => {
    const write = await t.ran('vw', {
      Image: 'busybox',
      Cmd: ['sh', '-c', 'echo kept > /data/file'],
      HostConfig: { Binds: ['kept:/data'] },
    });
    const read = await t.ran('vr', { Image: 'busybox', Cmd: ['cat', '/data/file'], HostConfig: { Binds: ['kept:/data:ro'] } });
    await t.call('read what the first wrote', { path: '/containers/vr/logs?stdout=1&stderr=1' });
    const ro = await t.ran('vo', { Image: 'busybox', Cmd: ['touch', '/data/x'], HostConfig: { Binds: ['kept:/data:ro'] } });
    await t.call('write read-only', { path: '/containers/vo/logs?stdout=1&stderr=1' });
    const copy = await t.ran('vc', {
      Image: 'busybox',
      Cmd: ['sh', '-c', 'stat -c "%n %F %a %u:%g %s" /etc/*'],
      HostConfig: { Binds: ['copied:/etc'] },
    });
    await t.call('copied from the image', { path: '/containers/vc/logs?stdout=1&stderr=1' });
    await t.call('list', { path: '/volumes?filters={"name":["kept"]}' });
    await t.remove(write, read, ro, copy);
    for (const name of ['kept', 'copied']) await t.quiet({ method: 'DELETE', path: `/volumes/${name}` });
  },
};
