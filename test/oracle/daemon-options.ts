/** What the daemon itself says to options and configuration files it cannot take: standard error and exit code. */

import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from './engines.ts';
import type { Observation } from './target.ts';

export interface DaemonCase {
  args?: string[];
  /** Text of the file given by --config-file. */
  file?: string;
  /** Descriptor 3 is passed as a service manager does it; it is no socket. */
  passed?: true;
}

export const daemonCases: Record<string, DaemonCase> = {
  'an unknown flag': { args: ['--odd'] },
  'an unknown short flag': { args: ['-x'] },
  'a value that is no number': { args: ['--mtu=x'] },
  'a value that is no boolean': { args: ['--tls=x'] },
  'a flag without its value': { args: ['--label'] },
  'a label without a value': { args: ['--label=odd'] },
  'two values for one label': { args: ['--label=a=1', '--label=a=2'] },
  'a mirror of another scheme': { args: ['--registry-mirror=ftp://example.org'] },
  'a mirror that is no URL': { args: ['--registry-mirror=odd'] },
  'a mirror with a query': { args: ['--registry-mirror=http://example.org/?a=b'] },
  'a host of another scheme': { args: ['-H', 'odd://x'] },
  'a socket that nobody passed': { args: ['-H', 'fd://'] },
  'a passed file that is no socket': { args: ['-H', 'fd://3'], passed: true },
  'more sockets than were passed': { args: ['-H', 'fd://9'], passed: true },
  'a passed socket without a number': { args: ['-H', 'fd://odd'], passed: true },
  'a port that is no number': { args: ['-H', 'tcp://127.0.0.1:odd'] },
  'port 0': { args: ['-H', 'tcp://127.0.0.1:0'] },
  'TLS without certificates': { args: ['-H', 'tcp://127.0.0.1:23760', '--tls', '--tlscert=/nosuch/cert.pem', '--tlskey=/nosuch/key.pem'] },
  'an option the log driver does not have': { args: ['--log-opt=odd=1'] },
  'an insecure registry with a path': { args: ['--insecure-registry=http://x/y'] },
  'an address that is none': { args: ['--bip=odd'] },
  'an unknown log driver': { args: ['--log-driver=odd'] },
  'no downloads at all': { args: ['--max-concurrent-downloads=-1'] },
  'a file that is not there': { args: ['--config-file=/nosuch/daemon.json'] },
  'a file that is no JSON': { file: '{' },
  'a file with a word after it': { file: '{} odd' },
  'a file with an unknown key': { file: '{"odd": 1}' },
  'a file with an unknown object': { file: '{"even": {"a": 2}}' },
  'a file with a wrong type': { file: '{"debug": "yes"}' },
  'a file with an array': { file: '[]' },
  'a conflict of flag and file': { args: ['--debug=true'], file: '{"debug": false}' },
  'a conflict of lists': { args: ['--label=a=1'], file: '{"labels": ["b=2"]}' },
  'two conflicts': { args: ['--label=a=1', '--mtu=1400'], file: '{"labels": ["b=2"], "mtu": 1300}' },
  'a conflict of hosts': { file: '{"hosts": ["unix:///run/share/other.sock"]}' },
  'a bad label in the file': { file: '{"labels": ["odd"]}' },
  'a bad mirror in the file': { file: '{"registry-mirrors": ["odd"]}' },
};

/** Starts one more daemon beside the engine, which must end by itself; a daemon that stays is ended after ten seconds. */
export async function observeDaemon(engine: Engine, { args = [], file, passed }: DaemonCase): Promise<Observation> {
  const config = join(engine.sandbox.share, 'daemon.json');
  if (file !== undefined) await writeFile(config, file);
  const own = [
    '-H',
    'unix:///run/share/second.sock',
    '--data-root=/var/lib/docker/second',
    '--exec-root=/run/second',
    '--pidfile=/run/second.pid',
  ];
  const configured = file === undefined ? [] : ['--config-file=/run/share/daemon.json'];
  const pass = passed ? ['sh', '-c', 'exec 3</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh'] : [];
  const [command = '', ...rest] = await engine.sandbox.inside('timeout', '10', ...pass, ...engine.command, ...own, ...configured, ...args);
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  await rm(config, { force: true });
  // Log lines and the list of options are each engine's own.
  const [said = ''] = Buffer.concat(chunks)
    .toString()
    .replaceAll(/^time=.*\n/gm, '')
    .trim()
    .split(/\n\n|Usage:/);
  return { exit: String(code), said: said.trim() };
}
