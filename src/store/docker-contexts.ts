/**
 * Docker contexts of our machines, in the docker client's own store (docker/cli 19.03 and later): `contexts/meta/<sha256 of the
 * name>/meta.json` and `contexts/tls/<same>/docker/{ca,cert,key}.pem`. Ours carry their store and machine in the metadata, which
 * the client keeps when it changes a context; no other is ever written or removed.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import { makeFolder } from '../core/folder.ts';
import type { Platform } from '../host/platform.ts';

/** Whose context it is: a machine by its name in a store by its id. */
export interface ContextOwner {
  readonly store: string;
  readonly machine: string;
}

export interface ContextContent {
  readonly owner: ContextOwner;
  /** The engine's URL. */
  readonly host: string;
  /** PEM files of the client; none for an engine without TLS. */
  readonly tls: { readonly ca: Uint8Array; readonly cert: Uint8Array; readonly key: Uint8Array } | undefined;
}

/** What a `meta.json` holds, as far as we look at it. */
interface Metadata {
  readonly Name: string;
  readonly Metadata: Readonly<Record<string, unknown>>;
  readonly Endpoints: Readonly<Record<string, unknown>>;
}

/** The docker client's rule. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;

export class DockerContexts {
  /** The docker client's folder: $DOCKER_CONFIG, else ~/.docker. */
  readonly folder: string;

  constructor(platform: Platform) {
    this.folder = platform.env.DOCKER_CONFIG || join(platform.home, '.docker');
  }

  /** Throws CONTEXT_NAME for a name that no context can have, CONTEXT_FOREIGN when it is somebody else's. */
  async check(name: string, owner: ContextOwner): Promise<void> {
    if (name === 'default' || !NAME.test(name)) {
      const hint = 'the docker client wants two or more letters, digits, "_", ".", "+" or "-", and keeps "default" for itself';
      throw new MachineError('CONTEXT_NAME', `a Docker context cannot be named ${JSON.stringify(name)}`, { hint });
    }
    const found = await this.read(name);
    if (found && !isOwner(found, owner)) {
      const hint = `see it with: docker context inspect ${name}`;
      throw new MachineError('CONTEXT_FOREIGN', `the Docker context ${JSON.stringify(name)} exists and is not this machine's`, { hint });
    }
  }

  /** Makes the context or brings it up to date; a description or endpoint that the user added stays. Throws as `check`. */
  async write(name: string, content: ContextContent): Promise<void> {
    const { owner, host, tls } = content;
    await this.check(name, owner);
    const found = await this.read(name);
    const places = this.places(name);
    if (tls) {
      await makeFolder(places.tlsFiles);
      for (const [file, data] of Object.entries(tls)) await writeFileAtomic(join(places.tlsFiles, `${file}.pem`), data, 0o600);
    } else await rm(places.tls, { recursive: true, force: true });
    const metadata: Metadata = {
      Name: name,
      Metadata: { Description: `tsmachine ${owner.machine}`, ...found?.Metadata, tsmachine: owner },
      Endpoints: { ...found?.Endpoints, docker: { Host: host, SkipTLSVerify: false } },
    };
    await makeFolder(places.meta);
    await writeFileAtomic(places.metaFile, JSON.stringify(metadata), 0o644);
  }

  /** Removes the context if it is this machine's; whether it was there. A crash in between leaves at most files no context names. */
  async remove(name: string, owner: ContextOwner): Promise<boolean> {
    const found = await this.read(name);
    if (!found || !isOwner(found, owner)) return false;
    const places = this.places(name);
    await rm(places.meta, { recursive: true, force: true });
    await rm(places.tls, { recursive: true, force: true });
    return true;
  }

  /** Names and machines of the contexts that machines of a store own. One that cannot be read is nobody's. */
  async ownedBy(store: string): Promise<readonly { name: string; machine: string }[]> {
    const folders = await readdir(join(this.folder, 'contexts/meta')).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    });
    const all = await Promise.all(
      folders.map((id) => readMetadata(join(this.folder, 'contexts/meta', id, 'meta.json')).catch(() => undefined)),
    );
    return all.flatMap((found) => {
      const owner = found && ownerOf(found);
      return found && owner?.store === store ? [{ name: found.Name, machine: owner.machine }] : [];
    });
  }

  /** The context the docker client uses when nothing else is said; undefined for its default. */
  async current(): Promise<string | undefined> {
    try {
      const { currentContext } = JSON.parse(await readFile(join(this.folder, 'config.json'), 'utf8')) as { currentContext?: unknown };
      return typeof currentContext === 'string' && currentContext !== '' ? currentContext : undefined;
    } catch {
      return undefined; // the docker client will say what is wrong with its file
    }
  }

  private read(name: string): Promise<Metadata | undefined> {
    return readMetadata(this.places(name).metaFile);
  }

  private places(name: string) {
    const id = createHash('sha256').update(name).digest('hex');
    const [meta, tls] = [join(this.folder, 'contexts/meta', id), join(this.folder, 'contexts/tls', id)];
    return { meta, metaFile: join(meta, 'meta.json'), tls, tlsFiles: join(tls, 'docker') };
  }
}

/** Undefined when there is none. Throws CONTEXT_BROKEN for one that cannot be read: it may be somebody's. */
async function readMetadata(path: string): Promise<Metadata | undefined> {
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as Partial<Metadata> | null;
    if (!isObject(found) || typeof found.Name !== 'string') throw new Error('expected an object with a Name');
    return {
      Name: found.Name,
      Metadata: isObject(found.Metadata) ? found.Metadata : {},
      Endpoints: isObject(found.Endpoints) ? found.Endpoints : {},
    };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new MachineError('CONTEXT_BROKEN', `the Docker context in ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function ownerOf({ Metadata }: Metadata): ContextOwner | undefined {
  const mark = Metadata.tsmachine;
  return isObject(mark) && typeof mark.store === 'string' && typeof mark.machine === 'string'
    ? { store: mark.store, machine: mark.machine }
    : undefined;
}

function isOwner(found: Metadata, { store, machine }: ContextOwner): boolean {
  const owner = ownerOf(found);
  return owner?.store === store && owner.machine === machine;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
