const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Environment of a container's first process: Docker's own variables first, then the config's, which win and keep their places. */
export function containerEnvironment(config: { hostname: string; tty: boolean; env: readonly string[] }): string[] {
  const own = [`PATH=${DEFAULT_PATH}`, `HOSTNAME=${config.hostname}`];
  if (config.tty) own.push('TERM=xterm');
  return overrideEnvironment(own, config.env);
}

/** `KEY=value` lines of `overrides` replace those of `base` or are appended; a bare `KEY` removes it. */
export function overrideEnvironment(base: readonly string[], overrides: readonly string[]): string[] {
  const result: (string | undefined)[] = [...base];
  const placeOf = new Map(base.map((line, index) => [keyOf(line), index]));
  for (const line of overrides) {
    const key = keyOf(line);
    const place = placeOf.get(key);
    if (!line.includes('=')) {
      if (place !== undefined) result[place] = undefined;
    } else if (place !== undefined) result[place] = line;
    else {
      placeOf.set(key, result.length);
      result.push(line);
    }
  }
  return result.filter((line) => line !== undefined);
}

function keyOf(line: string): string {
  const equals = line.indexOf('=');
  return equals < 0 ? line : line.slice(0, equals);
}
