/** exec: create, start (hijacked or not, detached), inspect, exit codes. */

import type { Target } from '../target.ts';
import type { Scenario } from './index.ts';

const UPGRADE = { Connection: 'Upgrade', Upgrade: 'tcp' };
const BOTH = { AttachStdout: true, AttachStderr: true };

async function create(t: Target, name: string, body: object): Promise<string> {
  const answer = await t.quiet({ method: 'POST', path: '/containers/xx/exec', body });
  const { Id } = JSON.parse(answer.body.toString()) as { Id?: string };
  if (Id === undefined) throw new Error(`exec: ${answer.status} ${answer.body}`);
  t.names.add(Id, name);
  return Id;
}

export const execScenarios: Record<string, Scenario> = {
  exec: async (t) => {
    const id = await t.running('xx', { Image: 'busybox', Cmd: ['sleep', '1000'] });
    const kinds: Record<string, object> = {
      'both streams': { ...BOTH, Cmd: ['sh', '-c', 'echo out; echo err >&2; exit 4'] },
      'stdout only': { AttachStdout: true, Cmd: ['sh', '-c', 'echo out; echo err >&2'] },
      terminal: { ...BOTH, Tty: true, Cmd: ['sh', '-c', 'tty | tr -d 0-9; echo out'] },
      user: { ...BOTH, User: '1000:10', Cmd: ['id'] },
      'user by name': { ...BOTH, User: 'user', Cmd: ['id'] },
      'directory and environment': { ...BOTH, WorkingDir: '/tmp', Env: ['A=1'], Cmd: ['sh', '-c', 'pwd; echo $A $HOME $PATH'] },
      'no such program': { ...BOTH, Cmd: ['nosuchprogram'] },
      'not executable': { ...BOTH, Cmd: ['/etc/passwd'] },
      'no such directory': { ...BOTH, WorkingDir: '/nosuch', Cmd: ['true'] },
      privileged: { ...BOTH, Privileged: true, Cmd: ['grep', 'CapEff', '/proc/self/status'] },
      capabilities: { ...BOTH, Cmd: ['grep', '-E', 'Cap|Seccomp:|NoNewPrivs', '/proc/self/status'] },
      killed: { ...BOTH, Cmd: ['sh', '-c', 'kill -9 $$'] },
    };
    for (const [name, body] of Object.entries(kinds)) {
      for (const headers of [UPGRADE, {}]) {
        const label = 'Upgrade' in headers ? name : `${name}, without upgrade`;
        const exec = await create(t, 'exec', body);
        const Tty = 'Tty' in body;
        await t.call(label, { method: 'POST', path: `/exec/${exec}/start`, headers, body: { Detach: false, Tty } });
        await t.call(`${label}: inspect`, { path: `/exec/${exec}/json` });
      }
    }
    await t.remove(id);
  },

  'exec with input': async (t) => {
    const id = await t.running('xx', { Image: 'busybox', Cmd: ['sleep', '1000'] });
    const exec = await create(t, 'exec', { ...BOTH, AttachStdin: true, Cmd: ['cat'] });
    await t.call('cat', { method: 'POST', path: `/exec/${exec}/start`, headers: UPGRADE, body: {}, stdin: 'one\ntwo\n' });
    await t.call('inspect', { path: `/exec/${exec}/json` });
    await t.remove(id);
  },

  'exec refused': async (t) => {
    const id = await t.running('xx', { Image: 'busybox', Cmd: ['sleep', '1000'] });
    const path = '/containers/xx/exec';
    await t.call('no command', { method: 'POST', path, body: {} });
    await t.call('no such user', { method: 'POST', path, body: { User: 'nosuch', Cmd: ['true'] } });
    await t.call('empty command', { method: 'POST', path, body: { Cmd: [] } });
    await t.call('no body', { method: 'POST', path });
    await t.call('bad body', { method: 'POST', path, body: '{', headers: { 'Content-Type': 'application/json' } });
    await t.call('start of nothing', { method: 'POST', path: '/exec/nosuch/start', body: {} });
    await t.call('inspect of nothing', { path: '/exec/nosuch/json' });
    await t.call('resize of nothing', { method: 'POST', path: '/exec/nosuch/resize?h=1&w=1' });
    const exec = await create(t, 'exec', { ...BOTH, Cmd: ['true'] });
    await t.call('inspect before start', { path: `/exec/${exec}/json` });
    await t.call('start with a bad body', {
      method: 'POST',
      path: `/exec/${exec}/start`,
      body: '{',
      headers: { 'Content-Type': 'application/json' },
    });
    await t.call('start', { method: 'POST', path: `/exec/${exec}/start`, body: {} });
    await t.call('start again', { method: 'POST', path: `/exec/${exec}/start`, body: {} });
    const detached = await create(t, 'detached', { Cmd: ['true'] });
    await t.call('detached', { method: 'POST', path: `/exec/${detached}/start`, body: { Detach: true } });
    await t.quiet({ method: 'POST', path: '/containers/xx/kill' });
    await t.quiet({ method: 'POST', path: '/containers/xx/wait' });
    await t.call('in what has ended', { method: 'POST', path, body: { Cmd: ['true'] } });
    await t.remove(id);
    await t.call('inspect after removal', { path: `/exec/${exec}/json` });
  },
};
