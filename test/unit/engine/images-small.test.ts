/** Small parts of the image rooms: chain ids, filters, patterns, manifests, challenges, progress, changes. */
import { describe, expect, it } from 'vitest';
import { Filters } from '../../../src/engine/api/filters.ts';
import { applyChange } from '../../../src/engine/images/changes.ts';
import { globPattern } from '../../../src/engine/images/glob.ts';
import { humanSize, progressBar } from '../../../src/engine/images/progress.ts';
import { Semaphore, SharedWork } from '../../../src/engine/images/shared-work.ts';
import { chainIds } from '../../../src/engine/layers/chain-id.ts';
import { decodeCredentials, parseChallenge } from '../../../src/engine/registry/auth.ts';
import { endpointsOf } from '../../../src/engine/registry/endpoints.ts';
import { parsePlatform, readManifest } from '../../../src/engine/registry/manifest.ts';

const id = (digit: string): string => `sha256:${digit.repeat(64)}`;

describe('chainIds', () => {
  it('are those of the OCI image specification', () => {
    expect(chainIds([])).toEqual([]);
    expect(chainIds([id('a')])).toEqual([id('a')]);
    // printf 'sha256:aa… sha256:bb…' | sha256sum
    expect(chainIds([id('a'), id('b')])[1]).toBe('sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c');
  });
});

describe('Filters', () => {
  it('read lists and the older maps', () => {
    for (const text of ['{"label":["a=b"]}', '{"label":{"a=b":true}}']) {
      const filters = Filters.parse(text, ['label']);
      expect(filters.matchesLabels('label', { a: 'b', c: '' })).toBe(true);
      expect(filters.matchesLabels('label', { a: 'c' })).toBe(false);
      expect(filters.matchesLabels('label', null)).toBe(false);
    }
  });

  it.each(['x', '[]', '{"label":1}', '{"label":[1]}', '"a"'])('refuse %s', (text) => {
    expect(() => Filters.parse(text, ['label'])).toThrow('invalid filter');
  });

  it('refuse what is not known and what is no boolean', () => {
    expect(() => Filters.parse('{"odd":["x"]}', ['label'])).toThrow("invalid filter 'odd'");
    expect(() => Filters.parse('{"dangling":["odd"]}', ['dangling']).boolean('dangling')).toThrow("invalid filter 'dangling=[odd]'");
    expect(Filters.parse('{"dangling":["0"]}', ['dangling']).boolean('dangling')).toBe(false);
    expect(Filters.parse('', []).boolean('dangling')).toBeUndefined();
  });

  it('match names as regular expressions', () => {
    const filters = Filters.parse('{"name":["^bridge$"]}', ['name']);
    expect(['bridge', 'bridge2'].filter((name) => filters.matchesText('name', name))).toEqual(['bridge']);
    expect(Filters.parse('{"name":["("]}', ['name']).matchesText('name', 'x')).toBe(false);
  });
});

describe('globPattern', () => {
  it.each([
    ['busy*', 'busybox', true],
    ['*', 'a/b', false],
    ['*/*', 'a/b', true],
    ['b?x', 'box', true],
    ['[a-c]x', 'bx', true],
    ['[^a-c]x', 'bx', false],
    ['a.b', 'axb', false],
    ['\\*', '*', true],
    ['a-b', 'a-b', true],
  ])('%s against %s', (pattern, text, matches) => expect(globPattern(pattern)?.test(text)).toBe(matches));

  it('knows a malformed one', () => expect(globPattern('[a')).toBeUndefined());
});

describe('readManifest', () => {
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: id('1'), size: 5 };
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: id('2'), size: 7 };
  const amd64 = { os: 'linux', architecture: 'amd64' };
  const entry = (digest: string, platform: object) => ({ mediaType: 'x', digest, size: 1, platform });

  it('reads a manifest without a media type of its own', () => {
    const text = JSON.stringify({ schemaVersion: 2, config, layers: [layer] });
    expect(readManifest(text, 'application/vnd.oci.image.manifest.v1+json', amd64)).toEqual({ config, layers: [layer] });
  });

  it('chooses by platform, exact variant first, and never an attestation', () => {
    const manifests = [
      entry(id('3'), { os: 'unknown', architecture: 'unknown' }),
      entry(id('4'), { os: 'linux', architecture: 'arm', variant: 'v6' }),
      entry(id('5'), { os: 'linux', architecture: 'arm', variant: 'v7' }),
      entry(id('6'), amd64),
    ];
    const text = JSON.stringify({ schemaVersion: 2, manifests });
    const chosen = (platform: string) => (readManifest(text, '', parsePlatform(platform)) as { from: { digest: string } }).from.digest;
    expect(chosen('linux/amd64')).toBe(id('6'));
    expect(chosen('linux/arm/v7')).toBe(id('5'));
    expect(() => chosen('linux/s390x')).toThrow('no matching manifest for linux/s390x in the manifest list entries');
  });

  it.each([
    [{ config: { ...config, digest: 'sha256:../../x' }, layers: [] }],
    [{ config, layers: [{ ...layer, size: -1 }] }],
    [{ config, layers: [{ ...layer, size: 1.5 }] }],
    [{ config, layers: 'none' }],
    [{ schemaVersion: 1 }],
    [{ config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' }, layers: [] }],
  ])('refuses %j', (value) => expect(() => readManifest(JSON.stringify(value), '', amd64)).toThrow());
});

describe('registry access', () => {
  it('reads challenges', () => {
    expect(parseChallenge('Bearer realm="https://a/t?x=1,2",service="s \\"q\\"", scope=repository:x:pull')).toEqual({
      scheme: 'bearer',
      parameters: { realm: 'https://a/t?x=1,2', service: 's "q"', scope: 'repository:x:pull' },
    });
    expect(parseChallenge('Basic realm="x"').scheme).toBe('basic');
  });

  it('reads credentials', () => {
    const header = Buffer.from('{"username":"u"}').toString('base64url');
    expect(decodeCredentials(header)).toEqual({ username: 'u' });
    expect(decodeCredentials(undefined)).toEqual({});
    expect(() => decodeCredentials('!!')).toThrow('invalid X-Registry-Auth header');
  });

  it('tries mirrors before the Hub, and plain HTTP only where it is allowed', async () => {
    const options = { mirrors: ['http://10.0.2.2:5000/'], insecureRegistries: ['10.1.0.0/16', 'plain.example:5000'] };
    expect(await endpointsOf('docker.io', options)).toEqual([
      { url: 'http://10.0.2.2:5000', isMirror: true, verify: true },
      { url: 'https://registry-1.docker.io', isMirror: false, verify: true },
    ]);
    const urls = async (domain: string) => (await endpointsOf(domain, options)).map(({ url, verify }) => `${url} ${verify}`);
    expect(await urls('127.0.0.1:5000')).toEqual(['https://127.0.0.1:5000 false', 'http://127.0.0.1:5000 false']);
    expect(await urls('[::1]:5000')).toEqual(['https://[::1]:5000 false', 'http://[::1]:5000 false']);
    expect(await urls('10.1.2.3')).toEqual(['https://10.1.2.3 false', 'http://10.1.2.3 false']);
    expect(await urls('10.2.2.3')).toEqual(['https://10.2.2.3 true']);
    expect(await urls('plain.example:5000')).toEqual(['https://plain.example:5000 false', 'http://plain.example:5000 false']);
  });
});

describe('progress', () => {
  it('draws as dockerd', () => {
    expect(humanSize(1_056_092)).toBe('1.056MB');
    expect(humanSize(560)).toBe('560B');
    expect(progressBar(65_136, 1_056_092)).toBe(`[===>${' '.repeat(47)}]  65.14kB/1.056MB`);
    expect(progressBar(5, 5)).toBe(`[${'='.repeat(50)}>]       5B/5B`);
    expect(progressBar(7, 0)).toBe('      7B');
  });
});

describe('applyChange', () => {
  it('knows the instructions of --change', () => {
    const config = {};
    const changes = [
      'CMD ["a","b"]',
      'ENTRYPOINT run it',
      'ENV A=1 B="two words"',
      'env A 3 4',
      'LABEL x=y',
      'EXPOSE 80 53/udp',
      'VOLUME /data',
      'USER me',
      'WORKDIR /w',
    ];
    for (const change of changes) applyChange(config, change);
    expect(config).toEqual({
      Cmd: ['a', 'b'],
      Entrypoint: ['/bin/sh', '-c', 'run it'],
      Env: ['B=two words', 'A=3 4'],
      Labels: { x: 'y' },
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      Volumes: { '/data': {} },
      User: 'me',
      WorkingDir: '/w',
    });
    expect(() => applyChange({}, 'RUN true')).toThrow('run is not a valid change command');
  });
});

describe('SharedWork', () => {
  it('does the work of one key once, tells all, and forgets it when it is done', async () => {
    const shared = new SharedWork<string>();
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    const work = async (tell: (event: string) => void): Promise<void> => {
      runs += 1;
      await gate.promise;
      tell('done');
    };
    const heard: string[] = [];
    const signal = new AbortController().signal;
    const joins = ['a', 'b'].map((who) => shared.join('k', (event) => heard.push(`${who} ${event}`), signal, work));
    gate.resolve();
    await Promise.all(joins);
    expect(runs).toBe(1);
    expect(heard.sort()).toEqual(['a done', 'b done']);
    await shared.join('k', () => undefined, signal, work);
    expect(runs).toBe(2);
  });

  it('goes on while one still waits, and is aborted when nobody does', async () => {
    const shared = new SharedWork<string>();
    let aborted = false;
    const work = (_tell: unknown, signal: AbortSignal): Promise<void> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(new Error('aborted'));
        });
      });
    const [first, second] = [new AbortController(), new AbortController()];
    const joins = [first, second].map((controller) => shared.join('k', () => undefined, controller.signal, work).catch(() => 'left'));
    first.abort();
    expect(await joins[0]).toBe('left');
    expect(aborted).toBe(false);
    second.abort();
    expect(await joins[1]).toBe('left');
    expect(aborted).toBe(true);
  });
});

describe('Semaphore', () => {
  it('lets so many in at a time', async () => {
    const semaphore = new Semaphore(() => 2);
    let [inside, most] = [0, 0];
    const visit = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 7 }, () => semaphore.run(visit)));
    expect(most).toBe(2);
  });
});
