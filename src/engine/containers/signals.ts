import { constants } from 'node:os';
import { badRequest } from '../errors.ts';

const realTimeMinimum = 34;
const realTimeMaximum = 64;

/** A signal by number (any above 0), `KILL`, `SIGKILL`, `RTMIN+3`. Throws 400 with dockerd's words. */
export function parseSignal(text: string): number {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    if (number < 1) throw badRequest(`invalid signal: ${text}`);
    return number;
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realTime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  if (realTime !== null) {
    const base = realTime[1] === 'MIN' ? realTimeMinimum : realTimeMaximum;
    const number = base + Number(`${realTime[2] ?? ''}${realTime[3] ?? 0}`);
    if (number >= realTimeMinimum && number <= realTimeMaximum) return number;
  }
  const number = (constants.signals as Record<string, number>)[`SIG${name}`];
  if (number === undefined) throw badRequest(`invalid signal: ${text}`);
  return number;
}
