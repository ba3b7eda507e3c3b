import { commandsNamed } from './command-spec.ts';

/** Names of flags that no driver can have: `create`'s own and those that stand everywhere. */
export function reservedFlags(): string[] {
  return [...commandsNamed('create').flatMap(({ flags }) => flags.map(({ name }) => name)), 'help', 'debug'];
}
