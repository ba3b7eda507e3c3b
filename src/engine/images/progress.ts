/** Tells a client what happens, in the JSON lines of dockerd's streams (jsonmessage). */
export interface ProgressSink {
  write(message: Record<string, unknown>): void;
}

/** At most this often per layer: a line costs the client a redraw. */
const INTERVAL_MS = 100;

/** Like Go's %.4g with SI units: `1.234MB`. */
export function humanSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${Number(size.toPrecision(4))}${units[unit]}`;
}

/** `[====>      ]  1.2MB/3MB`, as dockerd adds it for clients that do not draw themselves. */
export function progressBar(current: number, total: number): string {
  if (current <= 0 && total <= 0) return '';
  if (total <= 0) return humanSize(current).padStart(8);
  const done = Math.min(50, Math.trunc(Math.trunc((current / total) * 100) / 2));
  const bar = done >= 50 ? '='.repeat(50) : `${'='.repeat(done)}>${' '.repeat(50 - done)}`;
  const box = done >= 50 ? `[${bar}>] ` : `[${bar}] `;
  return `${box}${humanSize(current).padStart(8)}/${humanSize(total)}`;
}

/** The lines of one layer, `id` being the first twelve digits of its digest. */
export class LayerProgress {
  readonly #sink: ProgressSink;
  readonly #id: string;
  #last = 0;

  constructor(sink: ProgressSink, id: string) {
    this.#sink = sink;
    this.#id = id;
  }

  status(status: string): void {
    this.#sink.write({ status, progressDetail: {}, id: this.#id });
  }

  /** Bytes of `total`; left out when the last line is fresh, except for the end. */
  bytes(status: string, current: number, total: number): void {
    const now = performance.now();
    if (current < total && now - this.#last < INTERVAL_MS) return;
    this.#last = now;
    this.#sink.write({ status, progressDetail: { current, total }, progress: progressBar(current, total), id: this.#id });
  }
}
