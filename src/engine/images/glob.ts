/** Go's path.Match: `*` and `?` stop at slashes, `[a-z]` and `[^a-z]` classes, `\` escapes. Undefined for a malformed pattern. */
export function globPattern(pattern: string): RegExp | undefined {
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] ?? '';
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '[') {
      const end = pattern.indexOf(']', at + (pattern[at + 1] === '^' ? 3 : 2));
      if (end < 0) return undefined;
      source += pattern.slice(at, end + 1).replace(/\\(?!\])/g, '\\\\');
      at = end;
    } else {
      const literal = char === '\\' ? pattern[++at] : char;
      if (literal === undefined) return undefined;
      source += literal.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
    }
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return undefined;
  }
}
