/** What a provider's firewall lets in. */
export interface FirewallRule {
  readonly protocol: 'tcp' | 'udp';
  /** First and last. */
  readonly ports: readonly [number, number];
  /** CIDR. */
  readonly source: string;
}

const keyOf = ({ protocol, ports, source }: FirewallRule): string => `${protocol} ${ports.join('-')} ${source}`;

/** What has to be added to `found`, and what in it is no longer wanted. */
export function firewallChanges(
  wanted: readonly FirewallRule[],
  found: readonly FirewallRule[],
): { readonly add: readonly FirewallRule[]; readonly remove: readonly FirewallRule[] } {
  const has = new Set(found.map(keyOf));
  const wants = new Set(wanted.map(keyOf));
  return { add: wanted.filter((rule) => !has.has(keyOf(rule))), remove: found.filter((rule) => !wants.has(keyOf(rule))) };
}
