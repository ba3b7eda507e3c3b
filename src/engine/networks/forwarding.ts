import { execFile } from 'node:child_process';
import { systemCode } from '../../core/errors.ts';

/**
 * Lets a bridge's packets through iptables' chain FORWARD. Another table cannot: what ufw drops, or the policy that Docker's engine
 * leaves behind, stays dropped whatever ours accepts. A host without iptables, or whose chain lets all through, is left as it is.
 */
export async function admitForwarding(bridge: string): Promise<void> {
  const chain = await iptables('-S', 'FORWARD');
  if (chain === undefined || chain.trim() === '-P FORWARD ACCEPT') return;
  const rules = [
    ['-i', bridge, '-j', 'ACCEPT'],
    ['-o', bridge, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED,DNAT', '-j', 'ACCEPT'],
  ];
  for (const rule of rules) if ((await iptables('-C', 'FORWARD', ...rule)) === undefined) await iptables('-I', 'FORWARD', ...rule);
}

/** Its output; undefined when it failed or is not there. Waits for its lock. */
function iptables(...words: string[]): Promise<string | undefined> {
  return new Promise((done, failed) => {
    execFile('iptables', ['-w', '10', ...words], (error, stdout) => {
      if (error && systemCode(error) !== undefined && systemCode(error) !== 'ENOENT') failed(error);
      else done(error ? undefined : stdout);
    });
  });
}
