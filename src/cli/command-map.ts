import type { Action, Call } from './call.ts';

type CommandClass = { execute(words: string[], call: Call): Promise<number> };

/** Every command's module, named here so that the bundler sees them all and nothing is searched for at run time. */
export const COMMAND_CLASSES: Readonly<Record<string, () => Promise<{ default: CommandClass }>>> = {
  active: () => import('./commands/active.ts'),
  certs: () => import('./commands/certs.ts'),
  completion: () => import('./commands/completion.ts'),
  config: () => import('./commands/config.ts'),
  context: () => import('./commands/context.ts'),
  create: () => import('./commands/create.ts'),
  'driver install': () => import('./commands/driver-install.ts'),
  'driver ls': () => import('./commands/driver-ls.ts'),
  'driver new': () => import('./commands/driver-new.ts'),
  'driver rm': () => import('./commands/driver-rm.ts'),
  'driver test': () => import('./commands/driver-test.ts'),
  env: () => import('./commands/env.ts'),
  gc: () => import('./commands/gc.ts'),
  forward: () => import('./commands/forward.ts'),
  'host-key': () => import('./commands/host-key.ts'),
  'image build': () => import('./commands/image-build.ts'),
  'image ls': () => import('./commands/image-ls.ts'),
  'image rm': () => import('./commands/image-rm.ts'),
  inspect: () => import('./commands/inspect.ts'),
  ip: () => import('./commands/ip.ts'),
  kill: () => import('./commands/kill.ts'),
  ls: () => import('./commands/ls.ts'),
  mount: () => import('./commands/mount.ts'),
  ports: () => import('./commands/ports.ts'),
  'regenerate-certs': () => import('./commands/regenerate-certs.ts'),
  provision: () => import('./commands/provision.ts'),
  restart: () => import('./commands/restart.ts'),
  rm: () => import('./commands/rm.ts'),
  scp: () => import('./commands/scp.ts'),
  ssh: () => import('./commands/ssh.ts'),
  'ssh-config': () => import('./commands/ssh-config.ts'),
  start: () => import('./commands/start.ts'),
  status: () => import('./commands/status.ts'),
  stop: () => import('./commands/stop.ts'),
  upgrade: () => import('./commands/upgrade.ts'),
  url: () => import('./commands/url.ts'),
  version: () => import('./commands/version.ts'),
};

/** What scripts call most, also without oclif, whose import costs more than all they do. */
export const HOT_ACTIONS: Readonly<Record<string, () => Promise<Action>>> = {
  active: async () => (await import('./actions/active.ts')).active,
  completion: async () => (await import('./completion/action.ts')).completion,
  config: async () => (await import('./actions/config.ts')).config,
  create: async () => (await import('./actions/create.ts')).create,
  env: async () => (await import('./actions/env.ts')).env,
  inspect: async () => (await import('./actions/inspect.ts')).inspect,
  ip: async () => (await import('./actions/ip.ts')).ip,
  ls: async () => (await import('./actions/ls.ts')).ls,
  status: async () => (await import('./actions/status.ts')).status,
  url: async () => (await import('./actions/url.ts')).url,
};
