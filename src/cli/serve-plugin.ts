import type { Logger } from '../core/logger.ts';
import { processRunner } from '../host/process-runner.ts';
import { driverLoader } from '../plugins/index.ts';
import type { ProgramInput } from './session.ts';

/**
 * Serves docker-machine our QEMU driver with our boot image. Gives the exit code. Its first line on stdout says where it listens, the next ones are for the user, stderr is for developers.
 */
export async function servePlugin(input: ProgramInput): Promise<number> {
  const { platform, clock, signal } = input;
  if (platform.env.MACHINE_PLUGIN_TOKEN !== '42') {
    input.err.write(NOT_BY_HAND);
    return 1;
  }
  const { servePlugin: serve } = await import('../plugins/go/serve.ts');
  const { openServedMachine } = await import('../machine/served-machine.ts');
  const log = pluginLogger(input);
  const runner = processRunner(log);
  const load = driverLoader({ platform, runner, log, clock, atEnd: () => {} });
  const definition = await load('qemu', { flags: true });
  const options = { platform, runner, log, clock, signal, loadDriver: load };
  return serve(
    {
      name: 'tsmachine',
      flags: definition.flags,
      open: ({ name, storePath }, state) =>
        openServedMachine({ ...options, storePath, log: withoutName(log, name) }, definition, name, state),
    },
    { clock, signal, say: (line) => void input.out.write(`${line}\n`) },
  );
}

function pluginLogger(input: ProgramInput): Logger {
  const info = (message: string) => void input.out.write(`${message}\n`);
  return { info, warn: info, debug: (message) => void input.err.write(`${message}\n`) };
}

/** docker-machine names the machine itself. */
function withoutName(log: Logger, name: string): Logger {
  const bare = (message: string) => message.replace(`(${name}) `, '');
  return {
    info: (message) => log.info(bare(message)),
    warn: (message) => log.warn(bare(message)),
    debug: (message) => log.debug(bare(message)),
  };
}

const NOT_BY_HAND = `This is a Docker Machine plugin binary.
Plugin binaries are not intended to be invoked directly.
Please use this plugin through the main 'docker-machine' binary.
(API version: 1)
`;
