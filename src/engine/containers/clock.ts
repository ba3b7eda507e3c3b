/** Now as RFC 3339 with nine digits; two calls never give the same or a smaller text while the clock is not set back. */
export function timestamp(): string {
  const now = Date.now();
  if (now === millisecond) counter += 1;
  else {
    millisecond = now;
    counter = 0;
    prefix = new Date(now).toISOString().slice(0, 23);
  }
  return `${prefix}${String(Math.min(counter, 999_999)).padStart(6, '0')}Z`;
}

let millisecond = 0;
let counter = 0;
let prefix = '';
