/** Now as RFC 3339 with nine digits; two calls never give the same or a smaller text while the clock is not set back. */
export function timestamp(): string {
  const now = Date.now();
  counter = now === lastMillisecond ? counter + 1 : 0;
  lastMillisecond = now;
  const fraction = String(now % 1000).padStart(3, '0') + String(Math.min(counter, 999_999)).padStart(6, '0');
  return `${new Date(now).toISOString().slice(0, 19)}.${fraction}Z`;
}

let lastMillisecond = 0;
let counter = 0;
