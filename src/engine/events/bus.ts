import type { EngineEvent, EventBus } from '../contracts.ts';

/** How many past events `GET /events?since=` can still show, as dockerd. */
const remembered = 256;

/** Events of the engine, to whoever listens now and, for a while, to who asks later. */
export class EngineEvents implements EventBus {
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #past: EngineEvent[] = [];

  publish(type: EngineEvent['Type'], action: string, id: string, attributes: Record<string, string>): void {
    const now = Date.now();
    const event: EngineEvent = {
      Type: type,
      Action: action,
      Actor: { ID: id, Attributes: attributes },
      scope: 'local',
      time: Math.floor(now / 1000),
      timeNano: now * 1_000_000,
    };
    this.#past.push(event);
    if (this.#past.length > remembered) this.#past.shift();
    for (const listener of [...this.#listeners]) listener(event);
  }

  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  past(): readonly EngineEvent[] {
    return this.#past;
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}
