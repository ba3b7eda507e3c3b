/** Follows an engine's containers: their published ports now, and again after each start and end, over any kind of connection. */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type PublishedPort, publishedPorts } from './published-ports.ts';

export interface FollowOptions {
  /** A new connection to the engine. */
  dial(): Promise<Duplex>;
  /** The whole set, whenever it may have changed. */
  onPorts(ports: readonly PublishedPort[]): void;
  /** The engine cannot be reached or the connection was cut; it is tried again. Undefined: it is reached. */
  onTrouble?(error: Error | undefined): void;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5000;
/** Milliseconds for an answer's beginning, and for a whole list. */
const ANSWER = 30_000;
/** Characters of a list: some thousand containers. */
const LONGEST_LIST = 16 << 20;
const EVENTS = `/events?filters=${encodeURIComponent(JSON.stringify({ type: ['container'], event: ['start', 'die', 'destroy'] }))}`;

/** Goes on, with growing pauses while the engine is away, until the signal aborts; then it resolves. Never rejects. */
export async function followPublishedPorts(options: FollowOptions): Promise<void> {
  const { signal, onTrouble = () => {} } = options;
  let pause = FIRST_PAUSE;
  const reached = () => {
    pause = FIRST_PAUSE;
    onTrouble(undefined);
  };
  while (!signal.aborted) {
    await followOnce(options, reached).catch((error: Error) => signal.aborted || onTrouble(error));
    await delay(pause, undefined, { signal }).catch(() => {});
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
}

/** Until the engine ends the stream of events, or something fails. */
async function followOnce({ dial, onPorts, signal }: FollowOptions, reached: () => void): Promise<void> {
  const agent = new DialingAgent(dial);
  try {
    const events = await answerTo(agent, EVENTS, signal);
    await new Promise<void>((resolve, reject) => {
      let asked = 0;
      const list = async () => {
        const ports = publishedPorts(JSON.parse(await bodyOf(await answerTo(agent, '/containers/json', signal))));
        reached();
        onPorts(ports);
      };
      /** One at a time, and one more when something happened meanwhile. */
      const look = async () => {
        if (asked++ > 0) return;
        for (let before = 0; before !== asked; ) {
          before = asked;
          await list();
        }
        asked = 0;
      };
      events.on('data', () => void look().catch(reject));
      events.once('error', reject).once('close', resolve);
      look().catch(reject);
    });
  } finally {
    agent.destroy();
  }
}

/** One connection for the events, one that is kept for lists. */
class DialingAgent extends Agent {
  private readonly dial: () => Promise<Duplex>;

  constructor(dial: () => Promise<Duplex>) {
    super({ keepAlive: true });
    this.dial = dial;
  }

  override createConnection(_options: unknown, done?: (error: Error | null, stream: Duplex) => void): undefined {
    this.dial().then(
      (stream) => done?.(null, stream),
      (error: Error) => done?.(error, undefined as unknown as Duplex),
    );
  }

  /** Only a socket can be kept; a channel of an SSH connection lacks what Node asks of it, and costs little. */
  override keepSocketAlive(stream: Duplex): boolean {
    // @ts-expect-error: the default way, which the declarations leave out
    return stream instanceof Socket && super.keepSocketAlive(stream) !== false;
  }
}

async function answerTo(agent: Agent, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  for (;;) {
    const asked = request({ agent, path, host: 'docker', signal });
    try {
      return await begun(asked, path);
    } catch (error) {
      if (!asked.reusedSocket || signal.aborted) throw error; // the engine had just closed the kept connection: dial
    }
  }
}

function begun(asked: ClientRequest, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => asked.destroy(new Error(`the engine did not answer GET ${path} within ${ANSWER / 1000} s`)), ANSWER);
    asked.once('close', () => clearTimeout(timer));
    asked.on('error', reject);
    asked.once('response', (answer) => {
      clearTimeout(timer);
      answer.on('error', () => {}); // told by its close
      if (answer.statusCode === 200) return resolve(answer);
      asked.destroy(new Error(`GET ${path}: expected status 200, found ${answer.statusCode}`));
    });
    asked.end();
  });
}

function bodyOf(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => answer.destroy(), ANSWER);
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.length > LONGEST_LIST) answer.destroy();
    });
    answer.once('close', () => {
      clearTimeout(timer);
      if (answer.complete) resolve(text);
      else reject(new Error('the list of containers was cut off'));
    });
  });
}
