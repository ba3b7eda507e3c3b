/** Makes answers of different engines comparable: what must differ between two runs of one engine gets a name. */

/** Ids and what they are called in this scenario; their 12-character form counts too. */
export class Names {
  readonly #known: [id: string, name: string][] = [];

  add(id: string, name: string): void {
    this.#known.push([id, name]);
  }

  apply(text: string): string {
    let result = text;
    for (const [id, name] of this.#known) result = result.replaceAll(id, `<${name}>`).replaceAll(id.slice(0, 12), `<${name}:12>`);
    return result;
  }
}

const RULES: [pattern: RegExp, replacement: string][] = [
  // 0001-01-01T00:00:00Z says "never" and stays.
  [/\b(?!0001-01-01)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, '<time>'],
  [/\b(Less than a second|About a minute|\d+ seconds?)\b/g, '<while>'],
  [/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, '<mac>'],
  [/\b(?<!sha256:)[0-9a-f]{64}\b/g, '<hex64>'],
  // Both families are bound at once; which fails first is chance.
  [/Bind for (0\.0\.0\.0|::):(\d+) failed/g, 'Bind for <any>:$2 failed'],
  [/\/netns\/[0-9a-f]{7,12}\b/g, '/netns/<id>'],
];

/** Seconds or nanoseconds since 1970 within a day of now: a time of this run, unlike those of the images. */
export function isRecent(number: number): boolean {
  const seconds = number > 1e15 ? number / 1e9 : number;
  return Math.abs(seconds - Date.now() / 1000) < 86_400;
}

/** Text with everything in it that differs from run to run named. */
export function normalText(text: string, names: Names): string {
  let result = names.apply(text);
  for (const [pattern, replacement] of RULES) {
    result = result.replace(pattern, replacement);
  }
  return result;
}

/** Date and Content-Length follow from other fields; Connection matters only where it says Upgrade. The rest is compared. */
export function normalHeaders(headers: Record<string, string>): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([key, value]) =>
      key !== 'date' && key !== 'content-length' && !(key === 'connection' && /^(close|keep-alive)$/i.test(value)) && key !== 'keep-alive',
  );
  return Object.fromEntries(kept.map(([key, value]) => [`header.${key}`, value]));
}
