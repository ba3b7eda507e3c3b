import type { Instance } from './instances.ts';

/** For a command to use what it has just been told, milliseconds. */
const FRESH = 5000;

/** What one call about many machines saw: in the same command url and ip of each need not ask again. */
export class Sightings {
  private readonly seen = new Map<string, { readonly instance: Instance; readonly at: number }>();

  note(instance: Instance, now: number): void {
    this.seen.set(instance.id, { instance, at: now });
  }

  of(id: string, now: number): Instance | undefined {
    const sighting = this.seen.get(id);
    return sighting && now - sighting.at < FRESH ? sighting.instance : undefined;
  }
}
