import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

/** An RSA 2048 pair: private key as PKCS#1 PEM (`RSA PRIVATE KEY`, as docker-machine's), public key as SPKI PEM. */
export interface RsaKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

export async function generateRsaKey(): Promise<RsaKey> {
  return await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicExponent: 0x10001,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}
