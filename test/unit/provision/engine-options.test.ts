import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DaemonOptions, daemonArguments } from '../../../src/provision/daemon-arguments.ts';
import { parseDaemonJson, refuseConflicts } from '../../../src/provision/daemon-json.ts';
import { renderOpenRc, withOurPart } from '../../../src/provision/openrc-conf.ts';
import { renderDropIn } from '../../../src/provision/systemd-drop-in.ts';

const OPTIONS: DaemonOptions = {
  program: '/usr/bin/dockerd',
  storageDriver: 'overlay2',
  labels: ['provider=generic'],
  insecureRegistries: [],
  registryMirrors: [],
  opts: [],
  env: [],
  port: 2376,
  ipv6: false,
};

describe('renderDropIn', () => {
  it("is docker-machine's file for plain values", () => {
    const text = renderDropIn({
      ...OPTIONS,
      labels: ['a=b', 'provider=generic'],
      insecureRegistries: ['reg:5000'],
      registryMirrors: ['http://m'],
      opts: ['log-driver=none'],
      env: ['FOO=bar'],
      port: 12376,
    });
    expect(text).toBe(
      [
        '[Service]',
        'ExecStart=',
        'ExecStart=/usr/bin/dockerd -H tcp://0.0.0.0:12376 -H unix:///var/run/docker.sock --storage-driver overlay2 --tlsverify ' +
          '--tlscacert /etc/docker/ca.pem --tlscert /etc/docker/server.pem --tlskey /etc/docker/server-key.pem --label a=b ' +
          '--label provider=generic --insecure-registry reg:5000 --registry-mirror http://m --log-driver=none ',
        'Environment=FOO=bar ',
        '',
      ].join('\n'),
    );
  });

  it('says no storage driver when it is not ours to choose, and listens on IPv6 where the address is one', () => {
    const text = renderDropIn({ ...OPTIONS, storageDriver: '', ipv6: true });
    expect(text).not.toContain('--storage-driver');
    expect(text).toContain(' -H tcp://[::]:2376 ');
  });

  it('gives the engine any printable value literally', () => {
    const printable = fc.string({ unit: fc.constantFrom(...'aZ0 \'"\\$%`;|&*?{}()<>~#!=-@:é漢'), minLength: 1 });
    fc.assert(
      fc.property(fc.array(printable, { maxLength: 4 }), fc.array(printable, { maxLength: 4 }), (labels, values) => {
        const options = { ...OPTIONS, labels, env: values.map((value, at) => `V${at}=${value}`) };
        const lines = renderDropIn(options).split('\n');
        const command = lines.filter((line) => line.startsWith('ExecStart=')).at(-1) ?? '';
        expect(readBySystemd(command.slice('ExecStart='.length), { variables: true })).toEqual([
          options.program,
          ...daemonArguments(options),
        ]);
        const environment = lines.filter((line) => line.startsWith('Environment='));
        expect(environment.flatMap((line) => readBySystemd(line.slice('Environment='.length), { variables: false }))).toEqual(options.env);
      }),
    );
  });

  it('refuses what no line can carry', () => {
    expect(() => renderDropIn({ ...OPTIONS, labels: ['a=b\nExecStartPre=/bin/sh'] })).toThrow('control characters');
    expect(() => renderDropIn({ ...OPTIONS, env: ['a b'] })).toThrow('expected NAME=value, found "a b"');
  });
});

/** Words of a line by systemd's rules (systemd.service(5), "Command lines"; systemd.unit(5), specifiers). */
function readBySystemd(line: string, { variables }: { variables: boolean }): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (char === '\\') word = `${word ?? ''}${line.charAt(++at)}`;
    else if (char === '%') {
      if (line.charAt(++at) !== '%') throw new Error(`a specifier in ${line}`);
      word = `${word ?? ''}%`;
    } else if (variables && char === '$') {
      if (line.charAt(++at) !== '$') throw new Error(`a variable in ${line}`);
      word = `${word ?? ''}$`;
    } else word = `${word ?? ''}${char}`;
  }
  if (quote !== '') throw new Error(`an open quote in ${line}`);
  return word === undefined ? words : [...words, word];
}

describe('renderOpenRc', () => {
  it('says one plain line', () => {
    expect(renderOpenRc({ ...OPTIONS, env: ['FOO=bar', 'BAZ=a b'] }, 'sysv')).toBe(
      "DOCKER_OPTS='-H tcp://0.0.0.0:2376 -H unix:///var/run/docker.sock --storage-driver overlay2 --tlsverify --tlscacert " +
        "/etc/docker/ca.pem --tlscert /etc/docker/server.pem --tlskey /etc/docker/server-key.pem --label provider=generic'\n" +
        "export FOO=bar\nexport 'BAZ=a b'\n",
    );
  });

  it('leaves the rest of the file as it was', () => {
    const own = '# mine\nhttp_proxy=http://p\n';
    const once = withOurPart(own, "DOCKER_OPTS='a'\n");
    expect(once).toMatch(/^# mine\nhttp_proxy=http:\/\/p\n# tsmachine: begin.*\nDOCKER_OPTS='a'\n# tsmachine: end\n$/);
    expect(withOurPart(`${once}# later\n`, "DOCKER_OPTS='b'\n")).toBe(withOurPart(`${own}# later\n`, "DOCKER_OPTS='b'\n"));
  });

  it('refuses a value that an init script of System V would split', () => {
    expect(() => renderOpenRc({ ...OPTIONS, labels: ['a=b c'] }, 'sysv')).toThrow('splits options at blanks');
    expect(renderOpenRc({ ...OPTIONS, labels: ['a=b c'] }, 'openrc')).toContain(`'\\''a=b c'\\''`);
  });
});

describe('daemon.json', () => {
  const conflict =
    (text: string, change: Partial<DaemonOptions> = {}) =>
    () =>
      refuseConflicts(parseDaemonJson(text), { ...OPTIONS, ...change });

  it('may say what the command line does not', () => {
    expect(conflict('{"log-driver": "journald", "storage-opts": ["a=b"], "tls": true}')).not.toThrow();
    expect(conflict('')).not.toThrow();
    expect(conflict('{"storage-driver": "btrfs"}', { storageDriver: '' })).not.toThrow();
  });

  it.each([
    ['hosts', '{"hosts": ["fd://"]}', '"hosts" is ["fd://"] there, and -H tcp://0.0.0.0:2376 -H unix:///var/run/docker.sock here'],
    ['tlscacert', '{"tlscacert": "/x"}', '"tlscacert" is "/x" there, and --tlscacert /etc/docker/ca.pem here'],
    ['tls', '{"tls": false}', '"tls" is false there, and --tlsverify here'],
    ['labels', '{"labels": []}', '"labels" is [] there, and --label provider=generic here'],
    ['storage-driver', '{"storage-driver": "btrfs"}', '"storage-driver" is "btrfs" there, and --storage-driver overlay2 here'],
  ])('must not say %s too', (_key, text, expected) => {
    expect(conflict(text)).toThrow(expect.objectContaining({ code: 'PROVISION_CONFLICT', message: expect.stringContaining(expected) }));
  });

  it('must not say what --engine-opt says, under its other name', () => {
    expect(conflict('{"log-opts": {"a": "b"}}', { opts: ['log-opt=max-size=1m', 'log-opt=max-file=2'] })).toThrow(
      '"log-opts" is {"a":"b"} there, and --log-opt=max-size=1m --log-opt=max-file=2 here',
    );
    expect(conflict('{"log-driver": "none"}', { opts: ['log-driver=none'] })).toThrow(
      '"log-driver" is "none" there, and --log-driver=none here',
    );
  });

  it('must be a JSON object', () => {
    expect(conflict('{ "hosts": [')).toThrow('daemon.json on the machine is not JSON');
    expect(conflict('[]')).toThrow('expected a JSON object, found []');
  });
});
