/** A connection to the engine of the guest, with the certificates that lie in the machine's folder now. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { systemCode } from '../core/errors.ts';
import type { EngineCredentials } from '../host/virtual-machine.ts';

const HOST = '127.0.0.1';
/** Milliseconds for connection and handshake. */
const TIMEOUT = 20_000;

/** Verifies chain, address and, where the store has the engine's certificate, that the key is that very one. Allows half-open. */
export async function dialEngine(port: number, files: EngineCredentials): Promise<TLSSocket> {
  const expected = readOptional(files.server);
  const [ca, cert, key] = [readFileSync(files.ca), readFileSync(files.cert), readFileSync(files.key)];
  const options: ConnectionOptions & { allowHalfOpen: boolean } = { host: HOST, port, ca, cert, key, allowHalfOpen: true };
  const socket = connect(options);
  const timer = setTimeout(() => socket.destroy(new Error(`the engine did not greet within ${TIMEOUT / 1000} s`)), TIMEOUT);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
      socket.once('close', () => reject(new Error('the engine closed the connection')));
    });
    const shown = socket.getPeerX509Certificate();
    if (expected && !shown?.publicKey.equals(new X509Certificate(expected).publicKey))
      throw new Error('the engine that answers is not that of this machine');
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function readOptional(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
