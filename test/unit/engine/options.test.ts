import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { flags } from '../../../src/engine/options/flags.ts';
import { helpText } from '../../../src/engine/options/help.ts';
import { readSettings, type Settings } from '../../../src/engine/options/settings.ts';
import { parseSize } from '../../../src/engine/options/size.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-options-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function settings(...args: string[]): Settings {
  const request = readSettings(['--config-file', configFile('{}'), ...args], {});
  if (request.kind !== 'run') throw new Error(`expected to run, not ${request.kind}`);
  return request.settings;
}

function configFile(content: string): string {
  const path = join(folder, 'daemon.json');
  writeFileSync(path, content);
  return path;
}

function withFile(content: string, ...args: string[]): Settings {
  const request = readSettings(['--config-file', configFile(content), ...args], {});
  if (request.kind !== 'run') throw new Error(`expected to run, not ${request.kind}`);
  return request.settings;
}

describe('the command line', () => {
  test('takes options as pflag does', () => {
    expect(
      settings(
        '-D',
        '-H',
        'unix:///a',
        '-Htcp://1.2.3.4:5',
        '--host=fd://',
        '--label',
        'a=b',
        '--label=c=d',
        '--bip',
        '10.0.0.1/8',
        '--mtu=1400',
      ),
    ).toMatchObject({
      debug: true,
      listen: [
        { kind: 'unix', path: '/a' },
        { kind: 'tcp', host: '1.2.3.4', port: 5 },
        { kind: 'fd', name: '' },
      ],
      labels: ['a=b', 'c=d'],
      bip: '10.0.0.1/8',
      mtu: 1400,
    });
    expect(settings('-Dl', 'debug', '--icc=false')).toMatchObject({ debug: true, icc: false });
    expect(
      settings(
        '--containerd',
        '/run/x.sock',
        '--storage-driver',
        'overlay2',
        '--insecure-registry',
        '10.0.0.0/8',
        '--registry-mirror',
        'http://m',
      ),
    ).toMatchObject({
      insecureRegistries: ['10.0.0.0/8'],
      registryMirrors: ['http://m'],
    });
  });

  test.each([
    [['--odd'], /^Status: unknown flag: --odd\n/],
    [['-Z'], /^Status: unknown shorthand flag: 'Z' in -Z\n/],
    [['--bip'], /^Status: flag needs an argument: --bip\n/],
    [['-H'], /^Status: flag needs an argument: 'H' in -H\n/],
    [['--mtu', 'x'], /^Status: invalid argument "x" for "--mtu" flag: strconv.ParseInt: parsing "x": invalid syntax\n/],
    [['--icc=x'], /^Status: invalid argument "x" for "--icc" flag: strconv.ParseBool: parsing "x": invalid syntax\n/],
    [['extra'], /^"dockerd" accepts no argument\(s\)\.\n/],
    [['-H', 'npipe:////./pipe/x'], /unsupported proto 'npipe'/],
    [['-H', 'tcp://1.2.3.4:0'], /invalid port: 0/],
    [['-H', 'tcp://1.2.3.4:5/x'], /should not contain a path element/],
    [['--storage-driver', 'btrfs'], /driver not supported: btrfs/],
    [['--label', 'a=b', '--label', 'a=c'], /conflict labels for a=c and a=b/],
    [
      ['--config-file', '/no/such/file'],
      /unable to configure the Docker daemon with file \/no\/such\/file: open \/no\/such\/file: no such file or directory/,
    ],
  ])('%j is refused', (args, message) => {
    expect(() => readSettings(args, {})).toThrowError(expect.objectContaining({ message: expect.stringMatching(message) }));
  });

  test('TLS is on by --tls, and by --tlsverify whatever it says', () => {
    expect(settings().tls).toBeUndefined();
    expect(settings('--tls', '--tlscert', '/c', '--tlskey', '/k', '--tlscacert', '/a').tls).toEqual({
      verify: true,
      cert: '/c',
      key: '/k',
      ca: '/a',
    });
    expect(settings('--tlsverify=false').tls).toMatchObject({ verify: false });
    expect(settings('--tlsverify', '-H', 'tcp://').listen).toEqual([{ kind: 'tcp', host: 'localhost', port: 2376 }]);
    expect(settings('-H', 'tcp://0.0.0.0').listen).toEqual([{ kind: 'tcp', host: '0.0.0.0', port: 2375 }]);
  });

  test('the help shows every option', () => {
    const help = helpText();
    for (const { name, short } of flags) expect(help).toContain(short === undefined ? `      --${name}` : `  -${short}, --${name}`);
  });
});

describe('daemon.json', () => {
  test('is read under its own names', () => {
    expect(
      withFile(
        '\uFEFF{"hosts":["unix:///x"],"labels":["a=b"],"log-opts":{"max-size":"1m"},"registry-mirrors":["http://m"],"bip":"10.1.0.1/16","tlsverify":true,"tlscert":"/c"}',
      ),
    ).toMatchObject({
      listen: [{ kind: 'unix', path: '/x' }],
      labels: ['a=b'],
      logOptions: { 'max-size': '1m' },
      registryMirrors: ['http://m'],
      bip: '10.1.0.1/16',
      tls: { verify: true, cert: '/c' },
    });
    expect(withFile('  \n').debug).toBe(false);
  });

  test.each([
    [
      '{"debug":false}',
      ['-D'],
      'the following directives are specified both as a flag and in the configuration file: debug: (from flag: true, from file: false)',
    ],
    [
      '{"hosts":["unix:///b"]}',
      ['-H', 'unix:///a'],
      'the following directives are specified both as a flag and in the configuration file: hosts: (from flag: [unix:///a], from file: [unix:///b])',
    ],
    ['{"odd":1,"strange":2}', [], "the following directives don't match any configuration option: odd, strange"],
    ['{"debug":"yes"}', [], 'invalid JSON: json: cannot unmarshal string into Go struct field Config.debug of type bool'],
    ['[]', [], 'invalid JSON: json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ])('%s with %j is told as dockerd tells it', (content, args, message) => {
    expect(() => withFile(content, ...args)).toThrow(
      `unable to configure the Docker daemon with file ${join(folder, 'daemon.json')}: ${message}`,
    );
  });
});

test.each([
  ['64MiB', 64 * 1024 ** 2],
  ['1g', 1024 ** 3],
  ['1024', 1024],
  ['1.5k', 1536],
])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));
