import { goFloat, goInt, type IntegerValue } from './value.ts';

/** A time.Duration of whole milliseconds, with the methods templates call. */
export function goDuration(milliseconds: number): IntegerValue {
  return goInt(BigInt(milliseconds) * 1_000_000n, 'time.Duration', {
    String: () => durationText(milliseconds),
    Hours: () => goFloat(milliseconds / 3_600_000),
    Minutes: () => goFloat(milliseconds / 60_000),
    Seconds: () => goFloat(milliseconds / 1000),
    Milliseconds: () => goInt(milliseconds, 'int64'),
    Microseconds: () => goInt(BigInt(milliseconds) * 1000n, 'int64'),
    Nanoseconds: () => goInt(BigInt(milliseconds) * 1_000_000n, 'int64'),
  });
}

/** `0s`, `3ms`, `1.2s`, `1m2s`, `1h0m3s`: https://pkg.go.dev/time#Duration.String */
function durationText(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor(milliseconds / 60_000) % 60;
  const seconds = (milliseconds % 60_000) / 1000;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}
