import { type EngineSettings, engineArguments } from './identity.ts';

/** Where certificates lie on a distribution, docker-machine's place. */
export const CERTIFICATE_FOLDER = '/etc/docker';

export interface DaemonOptions extends EngineSettings {
  /** Path of dockerd. */
  readonly program: string;
  readonly port: number;
  /** Listen on IPv6 too: the machine's address is one. */
  readonly ipv6: boolean;
}

/** dockerd's words in docker-machine's order; `storageDriver` '' leaves the choice to the engine or daemon.json. */
export function daemonArguments(options: DaemonOptions): string[] {
  return [
    ...['-H', `tcp://${options.ipv6 ? '[::]' : '0.0.0.0'}:${options.port}`, '-H', 'unix:///var/run/docker.sock'],
    ...(options.storageDriver === '' ? [] : ['--storage-driver', options.storageDriver]),
    '--tlsverify',
    ...['--tlscacert', `${CERTIFICATE_FOLDER}/ca.pem`],
    ...['--tlscert', `${CERTIFICATE_FOLDER}/server.pem`],
    ...['--tlskey', `${CERTIFICATE_FOLDER}/server-key.pem`],
    ...engineArguments(options),
  ];
}
