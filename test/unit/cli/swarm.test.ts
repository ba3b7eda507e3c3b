import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestStore } from './run-cli.ts';

let store: TestStore;
beforeEach(() => {
  store = new TestStore();
});
afterEach(() => store.remove());

const create = ['create', '-d', 'none', '--url', 'tcp://127.0.0.1:9'];

describe('classic Swarm', () => {
  it('is written to config.json as docker-machine writes it, with a warning', async () => {
    const flags = ['--swarm-master', '--swarm-discovery', 'token://1', '--swarm-opt', 'a=b', '--swarm-host=tcp://0.0.0.0:3377'];
    const created = await store.run([...create, ...flags, 'm1']);
    expect(created).toMatchObject({ code: 0 });
    expect(created.stderr).toMatch(/^Classic Swarm is written/);
    const { stdout } = await store.run(['inspect', '-f', '{{json .HostOptions.SwarmOptions}}', 'm1']);
    expect(JSON.parse(stdout)).toMatchObject({
      IsSwarm: true,
      Master: true,
      Agent: false,
      Discovery: 'token://1',
      Host: 'tcp://0.0.0.0:3377',
      ArbitraryFlags: ['a=b'],
      Strategy: 'spread',
    });
  });

  it('refuses a discovery URL without a scheme and makes nothing', async () => {
    const outcome = await store.run([...create, '--swarm', '--swarm-discovery', 'bad', 'm1']);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toBe('Error parsing swarm discovery: Swarm Discovery URL was in the wrong format: bad\n');
    expect((await store.run(['ls', '-q'])).stdout).toBe('');
  });
});
