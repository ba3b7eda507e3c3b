import ssh2, { type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';
import { isMachineError, messageOf } from '../core/errors.ts';
import type { Platform } from '../host/platform.ts';
import type { Ask } from './asking.ts';
import { keyError, readKeyFile } from './key-file.ts';
import { type Passphrases, publicHalf, unlock } from './private-key.ts';

export interface KeySources {
  /** Private key files, best first. */
  readonly files: readonly string[];
  /** Whether a file that is missing or unusable is an error; of default files it is not. */
  readonly required: boolean;
  /** The agent's socket. */
  readonly agent: string | undefined;
  /** Of the agent's keys only those of `files`. */
  readonly filesOnly: boolean;
  readonly platform: Platform;
  readonly ask: Ask | undefined;
  readonly passphrases: Passphrases;
}

interface RingKey {
  readonly half: ParsedKey;
  sign(data: Buffer, options: SigningRequestOptions): Promise<Buffer>;
}

/**
 * Every key the user has for a server, from files and the agent, in the shape of an agent: a passphrase is asked for only when
 * the server has said that it takes the key.
 */
export class KeyRing extends ssh2.BaseAgent<ParsedKey> {
  /** Keys that could not be used, and why. */
  readonly notes: readonly string[];
  private readonly keys: readonly RingKey[];

  private constructor(keys: readonly RingKey[], notes: readonly string[]) {
    super();
    this.keys = keys;
    this.notes = notes;
  }

  /** Throws `SSH_KEY`. */
  static async collect(sources: KeySources): Promise<KeyRing> {
    const notes: string[] = [];
    let asked: Promise<RingKey[]> | undefined;
    const held = () => {
      asked ??= sources.agent === undefined ? Promise.resolve([]) : agentKeys(sources.agent, notes);
      return asked;
    };
    const agent = sources.filesOnly ? [] : await held();
    const files: RingKey[] = [];
    for (const path of sources.files) {
      try {
        files.push(await fileKey(path, sources, held));
      } catch (error) {
        if (sources.required || !isMachineError(error)) throw error;
        if (!error.message.startsWith('ENOENT')) notes.push(error.message);
      }
    }
    return new KeyRing([...agent, ...files.filter((key) => !agent.includes(key))], notes);
  }

  get size(): number {
    return this.keys.length;
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    done(undefined, [...this.keys.map((key) => key.half)]);
  }

  override sign(half: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, done?: SignCallback): void {
    const [settings, answer] = typeof options === 'function' ? [{}, options] : [options, done as SignCallback];
    const key = this.keys.find((candidate) => sameKey(candidate.half, half));
    const signing = key ? key.sign(data, settings) : Promise.reject(new Error('no such key'));
    signing.then(
      (signature) => answer(undefined, signature),
      (error) => answer(error as Error),
    );
  }
}

async function fileKey(
  path: string,
  { platform, ask, passphrases }: KeySources,
  agent: () => Promise<readonly RingKey[]>,
): Promise<RingKey> {
  const file = await readKeyFile(path, platform);
  const half = await publicHalf(file);
  if (file.encrypted && half) {
    const held = (await agent()).find((key) => sameKey(key.half, half));
    if (held) return held;
  }
  const locked = file.encrypted && ask !== undefined && half !== undefined;
  const opened = locked ? undefined : await unlock(file, ask, passphrases);
  return {
    half: half ?? (opened as ParsedKey),
    async sign(data, { hash }) {
      const signature = (opened ?? (await unlock(file, ask, passphrases))).sign(data, hash);
      if (signature instanceof Error) throw keyError(`'${path}' does not sign: ${messageOf(signature)}`);
      return signature;
    },
  };
}

function agentKeys(socket: string, notes: string[]): Promise<RingKey[]> {
  const agent = new ssh2.OpenSSHAgent(socket);
  return new Promise((resolve) => {
    agent.getIdentities((error, keys) => {
      if (error) notes.push(`the agent at ${socket} does not answer: ${messageOf(error)}`);
      const usable = (keys ?? [])
        .map((key) => ssh2.utils.parseKey(key as ParsedKey))
        .filter((key): key is ParsedKey => !(key instanceof Error));
      resolve(usable.map((half) => ({ half, sign: (data, options) => signInAgent(agent, half, data, options) })));
    });
  });
}

function signInAgent(
  agent: InstanceType<typeof ssh2.OpenSSHAgent>,
  half: ParsedKey,
  data: Buffer,
  options: SigningRequestOptions,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    agent.sign(half, data, options, (error, signature) =>
      signature ? resolve(signature) : reject(error ?? new Error('the agent signs nothing')),
    );
  });
}

const sameKey = (one: ParsedKey, other: ParsedKey) => one.getPublicSSH().equals(other.getPublicSSH());
