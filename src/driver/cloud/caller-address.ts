/** From which address a provider sees this computer: what its firewall is opened to. */
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { MachineError, messageOf } from '../../core/errors.ts';
import type { HostContext } from '../context.ts';
import { httpAnswer } from './http.ts';

/** Overrides what the service says: an address or a CIDR, or several with commas between. */
export const CALLER_VARIABLE = 'TSMACHINE_CALLER_ADDRESS';

/** CIDRs. `service` answers with the caller's address as text. Throws `CALLER_ADDRESS`. */
export async function callerSources(context: Pick<HostContext, 'fetch' | 'signal' | 'platform'>, service: string): Promise<string[]> {
  const told = context.platform.env[CALLER_VARIABLE];
  if (told) return parseSources(told, `$${CALLER_VARIABLE}`);
  let text: string;
  try {
    const answer = await httpAnswer(context, service, {}, { timeout: 10_000, largest: 1024 });
    text = answer.text.trim();
    if (answer.status !== 200) throw new Error(`status ${answer.status}`);
    if (isIP(text) === 0) throw new Error(`expected an address, found ${JSON.stringify(text.slice(0, 80))}`);
  } catch (error) {
    context.signal.throwIfAborted();
    throw new MachineError('CALLER_ADDRESS', `the address of this computer could not be asked of ${service}: ${messageOf(error)}`, {
      hint: `set ${CALLER_VARIABLE} to the address, or the CIDR, that the provider sees`,
      cause: error,
    });
  }
  return [asCidr(text)];
}

/** CIDRs of a list with commas between; an address alone is one host. Throws `CALLER_ADDRESS` with `place` as where it was said. */
export function parseSources(list: string, place: string): string[] {
  return list.split(',').map((part) => {
    const source = part.trim();
    const [address = '', length, ...more] = source.split('/');
    const bits = isIP(address) === 6 ? 128 : 32;
    const isPlain =
      more.length === 0 && isIP(address) !== 0 && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits));
    if (!isPlain)
      throw new MachineError(
        'CALLER_ADDRESS',
        `${place}: expected addresses or CIDRs such as 203.0.113.7/32, found ${JSON.stringify(source)}`,
      );
    return length === undefined ? asCidr(address) : source;
  });
}

const asCidr = (address: string): string => `${address}/${isIP(address) === 6 ? 128 : 32}`;

/** The local address from which packets to this one would leave. Nothing is sent. */
export async function localAddressTowards(address: string): Promise<string> {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).connect(9, address, resolve);
    });
    return socket.address().address;
  } catch (error) {
    throw new MachineError('CALLER_ADDRESS', `there is no way from this computer to ${address}: ${messageOf(error)}`, { cause: error });
  } finally {
    socket.close();
  }
}
