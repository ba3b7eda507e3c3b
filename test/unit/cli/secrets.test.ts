/** What becomes of a driver's secret flags, seen from outside, with a driver that tries to give them away. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestStore } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000 }); // each makes an authority: RSA keys take their time

const SECRET = 's3cret/"token"';

/** Driver none with a token it needs for each of its works, and says aloud. */
vi.mock('@tsmachine/driver-none', async (original) => {
  const { default: none } = await original<typeof import('@tsmachine/driver-none')>();
  const token = { name: 'none-token', type: 'string', env: 'NONE_TOKEN', help: 'token', secret: true } as const;
  return {
    default: {
      ...none,
      flags: [...none.flags, token],
      open: (...[context, state]: Parameters<typeof none.open>) => {
        const driver = none.open(context, state);
        const use = async (what: string) => {
          const value = await context.secret('none-token');
          context.log.debug(`${what} with ${value}`);
          context.log.warn(`${what} as ${JSON.stringify(value)}`);
          await context.runner.run('true', [encodeURIComponent(value)]);
          if (context.machineName === 'failing' && what === 'create') throw new Error(`cannot ${what} with ${value}`);
        };
        const { configure } = driver;
        return Object.assign(driver, {
          configure: async (flags: Record<string, unknown>) => {
            context.log.info(`flags ${Object.keys(flags).join()}`);
            await configure.call(driver, flags as Parameters<typeof configure>[0]);
            await use('configure');
          },
          create: () => use('create'),
          remove: () => use('remove'),
        });
      },
    },
  };
});

let store: TestStore;
beforeEach(() => {
  store = new TestStore();
});
afterEach(() => store.remove());

const create = (name: string, words: string[], env: Record<string, string> = {}) =>
  store.run(['--debug', 'create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', ...words, name], { env });

/** Every file of the store that has the secret, in any spelling. */
function holders(folder = store.path): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name))
    .filter((path) => /s3cret/.test(readFileSync(path, 'utf8')))
    .map((path) => path.slice(store.path.length + 1));
}

describe('a secret on the command line', () => {
  it('is in a file of its own, for its owner alone, and is said nowhere', async () => {
    const made = await create('m', [`--none-token=${SECRET}`]);
    expect(made.code).toBe(0);
    expect(made.stdout).toContain('flags url\n');
    expect(made.stderr).toContain('create with ***');
    expect(made.stdout + made.stderr).not.toMatch(/s3cret/);
    expect(holders()).toEqual(['machines/m/secrets.json']);
    expect(statSync(join(store.path, 'machines/m/secrets.json')).mode & 0o777).toBe(0o600);
    expect((await store.run(['inspect', 'm'])).stdout).not.toMatch(/s3cret|token/);
  });

  it('is there for the next command, and goes with the machine', async () => {
    await create('m', ['--none-token', SECRET]);
    const removed = await store.run(['--debug', 'rm', '-y', 'm']);
    expect(removed).toMatchObject({ code: 0, stderr: expect.stringContaining('remove as "***"') });
    expect(removed.stderr).not.toMatch(/s3cret/);
    expect(holders()).toEqual([]);
  });

  it('is not in the reason of a failure, shown or kept', async () => {
    const made = await create('failing', ['--none-token', SECRET]);
    expect(made.code).toBe(1);
    expect(made.stderr).toContain('cannot create with ***');
    expect(made.stdout + made.stderr).not.toMatch(/s3cret/);
    expect(holders()).toEqual(['machines/failing/secrets.json']);
    expect((await store.run(['ls'])).stdout).not.toMatch(/s3cret/);
  });
});

describe('a secret of the environment', () => {
  it('is known by its variable alone, and read again each time', async () => {
    expect((await create('m', [], { NONE_TOKEN: SECRET })).code).toBe(0);
    expect(holders()).toEqual([]);
    expect(readFileSync(join(store.path, 'machines/m/secrets.json'), 'utf8')).toContain('"env": "NONE_TOKEN"');
    const without = await store.run(['rm', '-y', 'm']);
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('expected $NONE_TOKEN to be set') });
    expect((await store.run(['rm', '-y', 'm'], { env: { NONE_TOKEN: 'another' } })).code).toBe(0);
  });

  it('gives way to one on the command line', async () => {
    await create('m', ['--none-token', SECRET], { NONE_TOKEN: 'other' });
    expect(holders()).toEqual(['machines/m/secrets.json']);
  });
});

describe('a file of secrets', () => {
  it.each(['', '{', '[]', '{"secrets":{"none-token":7}}'])('that is %j breaks what needs it, with its reason', async (text) => {
    await create('m', ['--none-token', SECRET]);
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(store.path, 'machines/m/secrets.json'), text);
    expect(await store.run(['url', 'm'])).toMatchObject({ code: 0 });
    expect(await store.run(['rm', '-y', 'm'])).toMatchObject({ code: 1, stderr: expect.stringContaining('secrets.json cannot be read') });
    expect((await store.run(['rm', '-f', 'm'])).code).toBe(0);
  });
});
