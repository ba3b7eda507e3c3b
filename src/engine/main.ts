import { appendFileSync, mkdirSync } from 'node:fs';
import { systemRoutes } from './api/system.ts';
import type { Engine } from './engine.ts';
import { passedDescriptors } from './http/activation.ts';
import { dispatcher } from './http/dispatch.ts';
import { type Listeners, openListeners } from './http/listen.ts';
import { Router } from './http/router.ts';
import { watchTls } from './http/tls.ts';
import { helpText } from './options/help.ts';
import { readSettings, type Settings } from './options/settings.ts';
import { OptionError } from './options/values.ts';
import { claimPidFile } from './state/pid-file.ts';
import { serviceManager } from './state/service-manager.ts';
import { engineVersion } from './version.ts';

const log = (level: string, message: string): void => {
  process.stderr.write(`time=${JSON.stringify(new Date().toISOString())} level=${level} msg=${JSON.stringify(message)}\n`);
};

async function run(args: readonly string[], first: Settings): Promise<void> {
  let settings = first;
  const tell = serviceManager(process.env);
  for (const directory of [settings.dataRoot, settings.execRoot]) mkdirSync(directory, { recursive: true, mode: 0o711 });
  const releasePidFile = claimPidFile(settings.pidFile);
  // Everything but the listeners is loaded behind them: clients may connect early, and wait.
  const engine = Promise.withResolvers<Engine>();
  const full = engine.promise.then(({ routes }) => new Router(routes));
  full.catch(() => undefined);
  const early = new Router(systemRoutes());
  const handler = (onUnixSocket: boolean) => dispatcher({ early, full, onUnixSocket, log: (line) => log('error', line) });
  const passed = passedDescriptors(process.env);
  const listeners = await openListeners({ ...settings, passed }, { unix: handler(true), network: handler(false) });
  const reload = (): void => {
    settings = reloadSettings(args, settings);
    reloadTls(listeners);
    void engine.promise.then((running) => running.refresh()).catch((error: Error) => log('error', error.message));
  };
  process.on('SIGHUP', reload);
  if (settings.tls !== undefined) watchTls(settings.tls, () => reloadTls(listeners));
  handleSignals(engine.promise, listeners, { tell, releasePidFile });
  announceReady(listeners);
  const { openEngine } = await import('./engine.ts');
  await openEngine(
    () => settings,
    (message) => log('warning', message),
  ).then(engine.resolve, (error: unknown) => {
    engine.reject(error);
    throw error;
  });
  await tell('READY=1');
  log('info', 'Daemon has completed initialization');
}

/** dockerd's reloadable keys. */
const RELOADABLE = [
  'labels',
  'debug',
  'registryMirrors',
  'insecureRegistries',
  'maxConcurrentDownloads',
  'maxDownloadAttempts',
  'shutdownTimeout',
  'liveRestore',
] as const satisfies readonly (keyof Settings)[];

/** Takes what daemon.json may change while the engine runs. */
function reloadSettings(args: readonly string[], settings: Settings): Settings {
  try {
    const request = readSettings(args, process.env);
    if (request.kind !== 'run') return settings;
    const { settings: read } = request;
    log('info', 'Reloaded configuration');
    return { ...settings, ...Object.fromEntries(RELOADABLE.map((key) => [key, read[key]])) };
  } catch (error) {
    log('error', (error as Error).message);
    return settings;
  }
}

function reloadTls(listeners: Listeners): void {
  try {
    listeners.reloadTls();
  } catch (error) {
    log('error', `certificates not reloaded, the old ones stay: ${(error as Error).message}`);
  }
}

interface Ending {
  tell: (message: string) => Promise<void>;
  releasePidFile: () => void;
}

/** SIGPWR is for the service's script when the host itself goes down: containers are then stopped also with live-restore. */
function handleSignals(engine: Promise<Engine>, listeners: Listeners, { tell, releasePidFile }: Ending): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    log('info', `Processing signal '${signal}'`);
    if (stopping) return;
    stopping = true;
    await tell('STOPPING=1').catch((error: Error) => log('warning', error.message));
    void listeners.close();
    await engine.then((running) => running.shutdown({ host: signal === 'SIGPWR' })).catch((error: Error) => log('error', error.message));
    releasePidFile();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGPWR'] as const) process.on(signal, () => void stop(signal));
}

/** Tells whoever started the engine that every listener is open. */
function announceReady({ ports }: Listeners): void {
  const path = process.env.DOCKERD_READY_FILE;
  if (path !== undefined && path !== '') appendFileSync(path, `ready ${ports[0] ?? 0}\n`);
}

async function main(args: string[]): Promise<void> {
  process.title = ['/usr/bin/dockerd', ...args].join(' ');
  const request = readSettings(args, process.env);
  // One request that goes wrong must not end the others.
  process.on('uncaughtException', (error) => log('error', `bug: ${error.stack ?? error.message}`));
  if (request.kind === 'run') await run(args, request.settings);
  else if (request.kind === 'help') process.stdout.write(helpText());
  else if (request.kind === 'version') process.stdout.write(`Docker version ${engineVersion}, build tsmachine\n`);
  else process.stdout.write('configuration OK\n');
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const text =
    error instanceof Error ? (error instanceof OptionError ? error.message : `failed to start daemon: ${error.stack}`) : String(error);
  process.stderr.write(`${text}\n`, () => process.exit(1));
});
