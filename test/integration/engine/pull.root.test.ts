/** Pulling from registries that work, that are slow, and that lie. */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importImage } from '../../../src/engine/images/import.ts';
import { loadImages } from '../../../src/engine/images/load.ts';
import { type ImageStores, openImageStores } from '../../../src/engine/images/open.ts';
import type { PullRequest } from '../../../src/engine/images/pull.ts';
import { parseReference, withDefaultTag } from '../../../src/engine/images/reference.ts';
import { bytesOf, digest, imageOf, type TestImage, TestRegistry, tarOf } from './content.ts';

const PLATFORM = { os: 'linux', architecture: 'amd64' };
const collect = (lines: Record<string, unknown>[]) => ({ write: (message: Record<string, unknown>) => void lines.push(message) });

let root: string;
let registry: TestRegistry;
let stores: ImageStores;
let image: TestImage;
const options = {
  mirrors: [] as string[],
  insecureRegistries: [] as string[],
  proxies: { http: '', https: '', none: '' },
  maxConcurrentDownloads: 3,
  maxDownloadAttempts: 5,
};

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'pull-'));
  options.mirrors = [];
  options.proxies = { http: '', https: '', none: '' };
  options.maxDownloadAttempts = 5;
  registry = await TestRegistry.start();
  stores = await openImageStores(root, () => options);
  image = imageOf([await tarOf([{ name: 'a', content: Buffer.alloc(300_000, 'a') }]), await tarOf([{ name: 'b', content: 'b' }])], {
    Cmd: ['/a'],
  });
  registry.put('library/x:latest', image);
});
afterEach(async () => {
  await registry.close();
  rmSync(root, { recursive: true, force: true });
});

async function pull(name: string, change: Partial<PullRequest> = {}): Promise<string[]> {
  const lines: Record<string, unknown>[] = [];
  const reference = withDefaultTag(parseReference(name));
  await stores.puller.pull(
    { reference, platform: PLATFORM, credentials: {}, signal: new AbortController().signal, ...change },
    collect(lines),
  );
  return lines
    .map(({ status, id }) => `${id === undefined ? '' : `${id} `}${status}`)
    .filter((line) => !/Downloading|Extracting/.test(line));
}
const blobRequests = (): string[] => registry.requests.filter((line) => line.includes('/blobs/'));
const leftovers = (): string[] => readdirSync(join(root, 'overlay2')).filter((name) => name !== 'l');

describe('pull', () => {
  it('tells what it does as dockerd, and the second time that there is nothing to do', async () => {
    const [first, second] = image.layers.map((layer) => digest(layer).slice(7, 19));
    const name = `${registry.host}/library/x`;
    const lines = await pull(name);
    expect(lines[0]).toBe('latest Pulling from library/x');
    expect(lines.slice(1, 3)).toEqual([`${first} Pulling fs layer`, `${second} Pulling fs layer`]);
    expect(lines.filter((line) => line.includes('Pull complete'))).toEqual([`${first} Pull complete`, `${second} Pull complete`]);
    expect(lines.slice(-2)).toEqual([`Digest: ${image.manifestDigest}`, `Status: Downloaded newer image for ${name}:latest`]);
    expect(await pull(name)).toEqual([
      'latest Pulling from library/x',
      `Digest: ${image.manifestDigest}`,
      `Status: Image is up to date for ${name}:latest`,
    ]);
    const found = await stores.images.resolve(digest(image.config).slice(7, 15));
    expect(found).toMatchObject({
      id: digest(image.config),
      repoTags: [`${name}:latest`],
      repoDigests: [`${name}@${image.manifestDigest}`],
    });
    expect((await stores.images.resolve(`${name}@${image.manifestDigest}`)).id).toBe(found.id);
  });

  it('survives a restart of the engine', async () => {
    await pull(`${registry.host}/library/x`);
    const again = await openImageStores(root, () => options);
    expect((await again.images.resolve(`${registry.host}/library/x`)).config.config).toEqual({ Cmd: ['/a'] });
  });

  it('takes up a download where it broke', async () => {
    const big = digest(image.layers[0] as Buffer);
    let cuts = 0;
    registry.hook = (request: IncomingMessage, response: ServerResponse) => {
      if (!request.url?.endsWith(big) || cuts === 2) return false;
      const bytes = image.blobs.get(big) as Buffer;
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      cuts += 1;
      response.writeHead(from > 0 ? 206 : 200, {
        'content-length': bytes.length - from,
        ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
      });
      response.write(bytes.subarray(from, from + 100), () => response.destroy());
      return true;
    };
    const lines = await pull(`${registry.host}/library/x`);
    expect(cuts).toBe(2);
    expect(lines.some((line) => line.includes('Retrying in 1 second'))).toBe(true);
    expect(lines.at(-1)).toContain('Downloaded newer image');
  });

  it('takes up a download from a registry that knows no ranges', async () => {
    const big = digest(image.layers[0] as Buffer);
    let asked = 0;
    registry.hook = (request, response) => {
      if (!request.url?.endsWith(big)) return false;
      const bytes = image.blobs.get(big) as Buffer;
      asked += 1;
      response.writeHead(200, { 'content-length': bytes.length });
      if (asked === 1) response.write(bytes.subarray(0, 150), () => response.destroy());
      else response.end(bytes);
      return true;
    };
    expect((await pull(`${registry.host}/library/x`)).at(-1)).toContain('Downloaded newer image');
  });

  it('gives up after as many tries as it was told', async () => {
    options.maxDownloadAttempts = 1;
    let asked = 0;
    registry.hook = (request, response) => {
      if (!request.url?.endsWith(digest(image.layers[1] as Buffer))) return false;
      asked += 1;
      response.destroy();
      return true;
    };
    await expect(pull(`${registry.host}/library/x`)).rejects.toThrow();
    expect(asked).toBe(1);
  });

  it('goes through the proxy it was told, except where it was told not to', async () => {
    options.proxies = { http: `http://${registry.host}`, https: '', none: '127.0.0.1' };
    options.mirrors = ['http://mirror.example:5000'];
    expect((await pull('x')).at(-1)).toContain('Downloaded newer image');
    expect(registry.requests[0]).toBe('GET http://mirror.example:5000/v2/');
    registry.requests.length = 0;
    await pull(`${registry.host}/library/x`);
    expect(registry.requests[0]).toBe('GET /v2/');
  });

  it('fetches a layer once when several ask for it at the same time', async () => {
    registry.put('library/y:latest', image);
    const names = ['x', 'y', 'x', 'y'].map((name) => `${registry.host}/library/${name}`);
    await Promise.all(names.map((name) => pull(name)));
    for (const layer of image.layers) expect(blobRequests().filter((line) => line.endsWith(digest(layer)))).toHaveLength(1);
    expect(stores.images.list()).toHaveLength(1);
  });

  it('stops, and leaves nothing, when the client has gone', async () => {
    const controller = new AbortController();
    registry.hook = (request, response) => {
      if (!request.url?.endsWith(digest(image.layers[0] as Buffer))) return false;
      response.writeHead(200, { 'content-length': 1_000_000 });
      response.write('x'.repeat(10));
      setTimeout(() => controller.abort(), 50);
      return true;
    };
    await expect(pull(`${registry.host}/library/x`, { signal: controller.signal })).rejects.toThrow('context canceled');
    await expect.poll(leftovers).toEqual([]);
    expect(stores.images.list()).toEqual([]);
  });

  it('goes to the Hub when a mirror fails, and uses the mirror for docker.io only', async () => {
    options.mirrors = ['http://127.0.0.1:1', `http://${registry.host}`];
    expect((await pull('x')).at(-1)).toBe('Status: Downloaded newer image for x:latest');
    expect((await stores.images.resolve('docker.io/library/x')).repoTags).toEqual(['x:latest']);
  });

  it('asks a token server, gives credentials to nobody else, and renews what ran out', async () => {
    const tokens: (string | undefined)[] = [];
    let valid = 0;
    registry.hook = (request, response) => {
      if (request.url?.startsWith('/token')) {
        tokens.push(`${request.url} ${request.headers.authorization}`);
        valid += 1;
        response.end(JSON.stringify({ token: `t${valid}` }));
        return true;
      }
      if (request.url?.includes('/blobs/') && valid === 1) valid = 2;
      if (valid > 0 && request.headers.authorization === `Bearer t${valid}`) return false;
      response.setHeader('www-authenticate', `Bearer realm="http://${registry.host}/token",service="test"`).writeHead(401).end();
      return true;
    };
    await pull(`${registry.host}/library/x`, { credentials: { username: 'u', password: 'p' } });
    const basic = `Basic ${Buffer.from('u:p').toString('base64')}`;
    expect(tokens[0]).toBe(`/token?service=test&scope=repository%3Alibrary%2Fx%3Apull&account=u ${basic}`);
    expect(tokens.length).toBeGreaterThan(1);
  });

  it('does not carry credentials to the host a redirect leads to', async () => {
    const storage = await TestRegistry.start();
    storage.put('library/x:latest', image);
    const seen: (string | undefined)[] = [];
    storage.hook = (request) => {
      seen.push(request.headers.authorization);
      return false;
    };
    registry.hook = (request, response) => {
      if (!request.headers.authorization) {
        response.setHeader('www-authenticate', 'Basic realm="x"').writeHead(401).end();
        return true;
      }
      if (!request.url?.includes('/blobs/')) return false;
      response.writeHead(307, { location: `http://${storage.host}${request.url}` }).end();
      return true;
    };
    try {
      await pull(`${registry.host}/library/x`, { credentials: { username: 'u', password: 'p' } });
      expect(new Set(seen)).toEqual(new Set([undefined]));
    } finally {
      await storage.close();
    }
  });
});

describe('a pull is refused', () => {
  const fails = (name: string) =>
    pull(`${registry.host}/library/${name}`).then(
      () => 'no error',
      (error: Error & { status?: number }) => `${error.status} ${error.message}`,
    );

  it('when there is no such image, access or registry', async () => {
    expect(await fails('none')).toBe(`404 manifest for ${registry.host}/library/none:latest not found: manifest unknown: manifest unknown`);
    registry.hook = (_request, response) => {
      response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}');
      return true;
    };
    expect(await fails('x')).toContain(
      `404 pull access denied for ${registry.host}/library/x, repository does not exist or may require 'docker login': denied: `,
    );
    await expect(pull('127.0.0.1:1/x')).rejects.toThrow('Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused');
  });

  it.each([
    ['changed bytes', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])])],
    ['more bytes than it said', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(10)])],
    ['something else of the same length', (bytes: Buffer) => Buffer.alloc(bytes.length, 'z')],
  ])('when a blob has %s', async (_what, change) => {
    const wanted = digest(image.layers[1] as Buffer);
    registry.hook = (request, response) => {
      if (!request.url?.endsWith(wanted)) return false;
      response.end(change(image.blobs.get(wanted) as Buffer));
      return true;
    };
    expect(await fails('x')).not.toBe('no error');
    expect(stores.images.list()).toEqual([]);
    await expect.poll(leftovers).toEqual([]);
  });

  it('when the configuration is another or its layers are', async () => {
    const other = imageOf([await tarOf([{ name: 'other' }])]);
    const lying = { ...image, manifest: image.manifest.replaceAll(digest(image.layers[1] as Buffer), digest(other.layers[0] as Buffer)) };
    const manifest = JSON.parse(lying.manifest) as { layers: { size: number }[] };
    if (manifest.layers[1]) manifest.layers[1].size = other.layers[0]?.length ?? 0;
    registry.put('library/lying:latest', {
      ...lying,
      manifest: JSON.stringify(manifest),
      blobs: new Map([...image.blobs, ...other.blobs]),
    });
    expect(await fails('lying')).toContain("layers from manifest don't match image configuration");
  });

  it('when a manifest asked by digest is not the one', async () => {
    registry.hook = (request, response) => {
      if (!request.url?.includes('/manifests/')) return false;
      response.end(image.manifest.replace('schemaVersion', 'schemaversion'));
      return true;
    };
    expect(await fails(`x@${image.manifestDigest}`)).toContain('manifest verification failed for digest');
  });

  it('when an answer would fill the memory', async () => {
    registry.hook = (request, response) => {
      if (!request.url?.includes('/manifests/')) return false;
      response.end(Buffer.alloc(5 << 20, ' '));
      return true;
    };
    expect(await fails('x')).toContain('is longer than');
  });
});

describe('a disk that is full', () => {
  it('fails the pull with the reason, and the image comes when there is room', async () => {
    const full = join(root, 'full');
    mkdirSync(full);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', full]);
    try {
      stores = await openImageStores(full, () => options);
      const random = imageOf([await tarOf([{ name: 'big', content: randomBytes(400_000) }])]);
      registry.put('library/random:latest', random);
      await expect(pull(`${registry.host}/library/random`)).rejects.toThrow(/failed to register layer: write .*: no space left on device/);
      expect(readdirSync(join(full, 'overlay2'))).toEqual(['l']);
      execFileSync('mount', ['-o', 'remount,size=4m', full]);
      expect((await pull(`${registry.host}/library/random`)).at(-1)).toContain('Downloaded newer image');
    } finally {
      execFileSync('umount', [full]);
    }
  });
});

describe('an engine killed in the middle of pulls', () => {
  it('has the image whole or not at all, and pulls it again', async () => {
    const big = imageOf([
      await tarOf([{ name: 'big', content: Buffer.alloc(8_000_000, 'q') }]),
      await tarOf([{ name: 'b', content: 'b' }]),
    ]);
    registry.put('library/big:latest', big);
    const program = join(import.meta.dirname, 'pull-child.ts');
    for (const after of [0, 20, 40, 60, 80, 120, 160, 240]) {
      const child = spawn(process.execPath, ['--no-warnings', program, root, `${registry.host}/library/big`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      setTimeout(() => child.kill('SIGKILL'), after);
      await once(child, 'close');
      const again = await openImageStores(root, () => options);
      await again.layers.clear([]);
      const folders = leftovers().length;
      expect(folders).toBe(again.images.layers.list().length);
      for (const found of again.images.list()) expect(again.images.layers.chain(found.config.rootfs.diff_ids)).toHaveLength(2);
    }
    stores = await openImageStores(root, () => options);
    await pull(`${registry.host}/library/big`);
    expect((await stores.images.resolve(`${registry.host}/library/big`)).id).toBe(digest(big.config));
  });
});

describe('load and import', () => {
  const LAYER = [{ name: 'x', content: 'x' }];

  async function archive(
    change: (files: { name: string; content?: string | Buffer; type?: 'symlink'; linkname?: string }[]) => void = () => undefined,
  ): Promise<Buffer> {
    const tar = await tarOf(LAYER);
    const built = imageOf([tar]);
    const manifest = [{ Config: 'config.json', RepoTags: ['loaded:one', 'loaded:two'], Layers: ['layer.tar'] }];
    const files = [
      { name: 'config.json', content: built.config },
      { name: 'layer.tar', content: tar },
      { name: 'manifest.json', content: JSON.stringify(manifest) },
    ];
    change(files);
    return tarOf(files);
  }
  const load = async (bytes: Buffer): Promise<string> => {
    const lines: Record<string, unknown>[] = [];
    await loadImages(stores.images, bytesOf(bytes), {
      folder: stores.images.layers.root,
      platform: PLATFORM,
      sink: collect(lines),
      quiet: true,
    });
    return lines.map(({ stream }) => stream).join('');
  };

  it('loads what docker save wrote', async () => {
    expect(await load(await archive())).toBe('Loaded image: loaded:one\nLoaded image: loaded:two\n');
    expect((await stores.images.resolve('loaded:two')).repoTags).toEqual(['loaded:one', 'loaded:two']);
  });

  it('loads an OCI layout', async () => {
    const built = imageOf([await tarOf(LAYER)]);
    const index = {
      schemaVersion: 2,
      manifests: [{ digest: built.manifestDigest, size: 1, annotations: { 'io.containerd.image.name': 'docker.io/library/oci:1' } }],
    };
    const blobs = [...built.blobs, [built.manifestDigest, Buffer.from(built.manifest)] as const];
    const files = blobs.map(([name, content]) => ({ name: `blobs/${name.replace(':', '/')}`, content }));
    expect(await load(await tarOf([...files, { name: 'index.json', content: JSON.stringify(index) }]))).toBe('Loaded image: oci:1\n');
  });

  it('does not read what a symlink of the archive leads to outside', async () => {
    const secret = join(root, 'secret.tar');
    rmSync(secret, { force: true });
    const bytes = await archive((files) => {
      files[1] = { name: 'layer.tar', type: 'symlink', linkname: '/etc/passwd' };
    });
    await expect(load(bytes)).rejects.toThrow('no layer layer.tar');
    expect(existsSync(join(root, 'overlay2/load-'))).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  it.each([
    ['a layer that is another', 1, Buffer.alloc(1024)],
    ['a manifest that is no JSON', 2, '{'],
    ['a manifest of something else', 2, '{}'],
  ])('refuses an archive with %s', async (_what, place, content) => {
    const bytes = await archive((files) => {
      const file = files[place];
      if (file) file.content = content;
    });
    await expect(load(bytes)).rejects.toThrow();
    expect(stores.images.list()).toEqual([]);
    expect(leftovers()).toEqual([]);
  });

  it('imports a file system', async () => {
    const made = await importImage(stores.images, {
      body: bytesOf(await tarOf(LAYER)),
      reference: withDefaultTag(parseReference('imported')),
      platform: PLATFORM,
      message: 'hello',
      changes: ['CMD ["/x"]'],
      now: new Date(0),
    });
    expect(made.config).toMatchObject({ comment: 'hello', created: '1970-01-01T00:00:00.000Z', config: { Cmd: ['/x'] } });
    expect((await stores.images.resolve('imported')).id).toBe(made.id);
  });
});
