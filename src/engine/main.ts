import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemRoutes } from './api/system.ts';
import { dispatcher } from './http/dispatch.ts';
import { openListeners } from './http/listen.ts';
import { Router } from './http/router.ts';
import { watchTls } from './http/tls.ts';
import { OptionError } from './options/command-line.ts';
import { helpText } from './options/help.ts';
import { readSettings, type Settings } from './options/settings.ts';
import { engineVersion } from './version.ts';

const log = (level: string, message: string): void => {
  process.stderr.write(`time=${JSON.stringify(new Date().toISOString())} level=${level} msg=${JSON.stringify(message)}\n`);
};

async function run(settings: Settings): Promise<void> {
  mkdirSync(settings.dataRoot, { recursive: true, mode: 0o711 });
  mkdirSync(settings.execRoot, { recursive: true, mode: 0o711 });
  const router = new Router([...systemRoutes()]);
  const warn = (line: string): void => log('error', line);
  const listeners = await openListeners(
    { ...settings, env: process.env },
    { unix: dispatcher({ router, onUnixSocket: true, log: warn }), network: dispatcher({ router, onUnixSocket: false, log: warn }) },
  );
  const reload = (): void => {
    try {
      listeners.reloadTls();
      log('info', 'reloaded certificates');
    } catch (error) {
      log('error', `certificates not reloaded, the old ones stay: ${(error as Error).message}`);
    }
  };
  process.on('SIGHUP', reload);
  if (settings.tls !== undefined) watchTls(settings.tls, reload);
  mkdirSync(dirname(settings.pidFile), { recursive: true });
  writeFileSync(settings.pidFile, String(process.pid));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log('info', `Processing signal '${signal}'`);
      rmSync(settings.pidFile, { force: true });
      process.exit(0);
    });
  }
  const ready = process.env.DOCKERD_READY_FILE;
  if (ready !== undefined && ready !== '') writeFileSync(ready, `ready ${listeners.ports[0] ?? 0}\n`, { flag: 'a' });
  log('info', `Daemon has completed initialization`);
}

async function main(args: string[]): Promise<void> {
  process.title = ['/usr/bin/dockerd', ...args].join(' ');
  const request = readSettings(args, process.env);
  if (request.kind === 'run') await run(request.settings);
  else if (request.kind === 'help') process.stdout.write(helpText());
  else if (request.kind === 'version') process.stdout.write(`Docker version ${engineVersion}, build tsmachine\n`);
  else process.stdout.write('configuration OK\n');
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const text =
    error instanceof Error ? (error instanceof OptionError ? error.message : `failed to start daemon: ${error.message}`) : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = error instanceof OptionError ? error.exitCode : 1;
});
