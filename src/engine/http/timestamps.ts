import { internal } from '../errors.ts';

/**
 * A `since` or `until` parameter as the API takes it: Unix seconds with an optional fraction. Gives RFC 3339 with nine
 * digits in UTC. Undefined for an empty text. Throws 500 with Go's words, as dockerd does.
 */
export function parseTimestamp(text: string): string | undefined {
  if (text === '') return undefined;
  const [seconds = '', fraction = ''] = text.split('.');
  if (!/^[+-]?\d+$/.test(seconds)) throw internal(`strconv.ParseInt: parsing ${JSON.stringify(seconds)}: invalid syntax`);
  if (!/^\d*$/.test(fraction)) throw internal(`strconv.ParseInt: parsing ${JSON.stringify(fraction)}: invalid syntax`);
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) throw internal(`strconv.ParseInt: parsing ${JSON.stringify(seconds)}: value out of range`);
  return `${date.toISOString().slice(0, 19)}.${fraction.padEnd(9, '0').slice(0, 9)}Z`;
}
