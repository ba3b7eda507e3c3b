type Environment = Readonly<Record<string, string | undefined>>;

/** `no_proxy` when that is in use, else `NO_PROXY`. */
export function noProxyVariable(env: Environment): 'no_proxy' | 'NO_PROXY' {
  return env.no_proxy ? 'no_proxy' : 'NO_PROXY';
}

/** The list with the address in it: appended unless an element is that very address (docker-machine looked for a substring). */
export function mergeNoProxy(env: Environment, address: string): string {
  const current = env[noProxyVariable(env)] ?? '';
  const elements = current.split(',').map((element) => element.trim());
  if (current === '') return address;
  return elements.includes(address) ? current : `${current},${address}`;
}
