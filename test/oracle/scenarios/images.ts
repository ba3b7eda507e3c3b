/** Pull, list, inspect, history, tag, remove, load, save. */

import { archive, image, layer } from '../../../scripts/content/image.ts';
import type { Target } from '../target.ts';
import type { Scenario } from './index.ts';

/** A pull's progress lines depend on timing; what is compared is which states each layer went through and the rest. */
async function pull(t: Target, name: string, query: string): Promise<void> {
  const answer = await t.quiet({ method: 'POST', path: `/images/create?${query}` });
  const lines = answer.body.toString().split(/\r?\n/).filter(Boolean);
  const settled = lines.filter((line) => !/"progressDetail":\{"/.test(line) && !/Verifying Checksum|Waiting/.test(line));
  // Layers complete in any order; within a layer the order is kept.
  const ordered = [...new Set(settled)].toSorted((a, b) => (layerOf(a) < layerOf(b) ? -1 : layerOf(a) > layerOf(b) ? 1 : 0));
  t.note(name, { status: String(answer.status), 'content-type': String(answer.headers['content-type']), body: ordered.join('\n') });
}

function layerOf(line: string): string {
  return /"id":"([0-9a-f]{12})"/.exec(line)?.[1] ?? '';
}

export const imageScenarios: Record<string, Scenario> = {
  pull: async (t) => {
    await pull(t, 'hello-world', 'fromImage=hello-world&tag=latest');
    await pull(t, 'hello-world again', 'fromImage=hello-world&tag=latest');
    await pull(t, 'busybox by its full name', 'fromImage=docker.io/library/busybox&tag=latest');
    await pull(t, 'several layers', 'fromImage=127.0.0.1:5000/library/layers&tag=latest');
    await pull(t, 'an unknown image', 'fromImage=127.0.0.1:5000/library/nosuch&tag=latest');
    await pull(t, 'an unknown tag', 'fromImage=127.0.0.1:5000/library/busybox&tag=nosuch');
    await pull(t, 'a bad name', 'fromImage=Not%20A%20Name&tag=latest');
    await pull(t, 'a bad tag', 'fromImage=busybox&tag=-x');
    await pull(t, 'an unknown digest', `fromImage=127.0.0.1:5000/library/busybox&tag=sha256:${'0'.repeat(64)}`);
    await pull(t, 'nobody answers', 'fromImage=127.0.0.1:1/x&tag=latest');
    await pull(t, 'another platform', 'fromImage=127.0.0.1:5000/library/busybox&tag=latest&platform=linux/arm64');
    await t.call('inspect', { path: '/images/hello-world/json' });
    await t.call('history', { path: '/images/hello-world/history' });
    await t.call('inspect several layers', { path: '/images/127.0.0.1:5000/library/layers/json' });
    await t.call('list', { path: '/images/json' });
    await t.quiet({ method: 'POST', path: '/images/127.0.0.1:5000/library/layers/tag?repo=layers&tag=latest' });
    for (const name of ['layers', 'busybox']) await t.quiet({ method: 'DELETE', path: `/images/127.0.0.1:5000/library/${name}` });
  },

  'images refused': async (t) => {
    await t.call('inspect of nothing', { path: '/images/nosuch/json' });
    await t.call('inspect of a bad name', { path: '/images/Bad%20Name/json' });
    await t.call('inspect of an unknown tag', { path: '/images/busybox:nosuch/json' });
    await t.call('history of nothing', { path: '/images/nosuch/history' });
    await t.call('remove of nothing', { method: 'DELETE', path: '/images/nosuch' });
    await t.call('tag of nothing', { method: 'POST', path: '/images/nosuch/tag?repo=x&tag=y' });
    await t.call('tag with a bad name', { method: 'POST', path: '/images/busybox/tag?repo=BAD&tag=y' });
    await t.call('tag with a bad tag', { method: 'POST', path: '/images/busybox/tag?repo=x&tag=-' });
    await t.call('tag with nothing', { method: 'POST', path: '/images/busybox/tag' });
    await t.call('load of garbage', {
      method: 'POST',
      path: '/images/load?quiet=1',
      body: 'garbage',
      headers: { 'Content-Type': 'application/x-tar' },
    });
    await t.call('create without a source', { method: 'POST', path: '/images/create' });
  },

  'tag and remove': async (t) => {
    await t.call('tag', { method: 'POST', path: '/images/hello-world/tag?repo=other&tag=v1' });
    await t.call('tag a second time', { method: 'POST', path: '/images/hello-world/tag?repo=other&tag=v1' });
    await t.call('inspect by the new tag', { path: '/images/other:v1/json' });
    await t.call('list with both', { path: '/images/json' });
    await t.call('remove the tag', { method: 'DELETE', path: '/images/other:v1' });
    const id = (JSON.parse((await t.quiet({ path: '/images/hello-world/json' })).body.toString()) as { Id: string }).Id;
    await t.call('inspect by a short id', { path: `/images/${id.slice(7, 19)}/json` });
    await t.quiet({ method: 'POST', path: '/images/hello-world/tag?repo=other&tag=v2' });
    await t.call('remove by id with two tags', { method: 'DELETE', path: `/images/${id.slice(7, 19)}` });
    await t.quiet({ method: 'DELETE', path: '/images/other:v2' });
    const used = await t.create('uses', { Image: 'hello-world' });
    await t.call('remove while used', { method: 'DELETE', path: '/images/hello-world' });
    await t.call('remove by id while used', { method: 'DELETE', path: `/images/${id}` });
    await t.call('remove by force while used', { method: 'DELETE', path: '/images/hello-world?force=1' });
    await t.call('list with an untagged one', { path: '/images/json' });
    await t.remove(used);
    await t.quiet({ method: 'DELETE', path: `/images/${id}` });
    await pull(t, 'pull again', 'fromImage=hello-world&tag=latest');
    await t.call('remove', { method: 'DELETE', path: '/images/hello-world' });
    await t.quiet({ method: 'POST', path: '/images/create?fromImage=hello-world&tag=latest' });
    const running = await t.running('runs', { Image: 'busybox', Cmd: ['sleep', '1000'] });
    await t.call('remove while it runs', { method: 'DELETE', path: '/images/busybox' });
    await t.call('remove by force while it runs', { method: 'DELETE', path: '/images/busybox?force=1&noprune=1' });
    await t.remove(running);
    await t.quiet({ method: 'POST', path: '/images/create?fromImage=busybox&tag=latest' });
  },

  'image filters': async (t) => {
    const filters: Record<string, unknown> = {
      reference: { reference: ['busy*'] },
      'a reference with a tag': { reference: ['busybox:latest'] },
      'no reference': { reference: ['nosuch'] },
      dangling: { dangling: ['true'] },
      'not dangling': { dangling: ['false'] },
      'a bad dangling': { dangling: ['odd'] },
      label: { label: ['odd'] },
      before: { before: ['busybox'] },
      'before nothing': { before: ['nosuch'] },
      'an unknown filter': { odd: ['x'] },
    };
    for (const [name, filter] of Object.entries(filters)) {
      await t.call(name, { path: `/images/json?filters=${encodeURIComponent(JSON.stringify(filter))}` });
    }
    await t.call('no JSON', { path: '/images/json?filters=x' });
    await t.call('all', { path: '/images/json?all=1' });
    await t.call('digests', { path: '/images/json?digests=1' });
    await t.call('the old filter', { path: '/images/json?filter=busybox' });
  },

  load: async (t) => {
    const made = image([await layer([{ name: 'loaded', content: 'x' }])], { Cmd: ['/x'], Labels: { a: 'b' } });
    const body = await archive(made, ['loaded:one', 'loaded:two']);
    const headers = { 'Content-Type': 'application/x-tar' };
    await t.call('load', { method: 'POST', path: '/images/load?quiet=1', body, headers });
    await t.call('load again', { method: 'POST', path: '/images/load?quiet=1', body, headers });
    await t.call('inspect', { path: '/images/loaded:one/json' });
    await t.call('remove one', { method: 'DELETE', path: '/images/loaded:one' });
    await t.call('remove two', { method: 'DELETE', path: '/images/loaded:two' });
    const untagged = image([await layer([{ name: 'untagged', content: 'y' }])], { Cmd: ['/y'] });
    await t.call('load without a tag', { method: 'POST', path: '/images/load?quiet=1', body: await archive(untagged, []), headers });
    await t.call('remove by id', { method: 'DELETE', path: `/images/${untagged.id}` });
  },

  layers: async (t) => {
    const id = await t.create('layers', { Image: 'layers', Cmd: ['sh', '-c', LISTING] });
    const attached = t.call('what is in them', {
      method: 'POST',
      path: '/containers/layers/attach?stream=1&stdout=1&stderr=1',
      headers: { Connection: 'Upgrade', Upgrade: 'tcp' },
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await t.quiet({ method: 'POST', path: '/containers/layers/start' });
    await attached;
    await t.remove(id);
  },
};

/** Everything of the image but BusyBox itself: type, mode, owner, links, size, time, content. */
const LISTING = `cd /content && find . | sort | while read -r f; do stat -c '%n %F %a %u:%g %h' "$f"; [ -d "$f" ] || stat -c %Y "$f"; [ -L "$f" ] && readlink "$f"; [ -f "$f" ] && cat "$f"; done; rm -f f1; echo new > /content/new; :`;
