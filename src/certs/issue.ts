/**
 * Writes X.509 certificates with the parameters of docker-machine's (reference section 5.1): subject and issuer of one O,
 * random 128-bit serial, sha256WithRSA, from five minutes ago for 1080 days, critical constraints and usages.
 */
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import type { asn1 as forgeAsn1 } from 'node-forge';

type Asn1 = forgeAsn1.Asn1;

export interface CertificateRequest {
  readonly organization: string;
  /** SPKI PEM. */
  readonly publicKey: string;
  readonly role: 'ca' | 'client' | 'server';
  /** Addresses and DNS names; server only. */
  readonly names?: readonly string[];
  /** The CA's certificate (undefined: self-signed) and private key, PEM. */
  readonly issuer: { readonly certificate?: string; readonly privateKey: string };
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const DAY = 24 * 3600 * 1000;
const VALID_DAYS = 1080;

/** PEM of the certificate. */
export async function issueCertificate(request: CertificateRequest): Promise<string> {
  const { default: forge } = await import('node-forge');
  const { pki, asn1 } = forge;
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.publicKeyFromPem(request.publicKey);
  certificate.serialNumber = serial();
  const start = Math.floor((request.now - 5 * 60_000) / 60_000) * 60_000;
  certificate.validity.notBefore = new Date(start);
  certificate.validity.notAfter = new Date(start + VALID_DAYS * DAY);
  const subject = [{ type: pki.oids.organizationName, value: request.organization, valueTagClass: asn1.Type.UTF8 as unknown as never }];
  certificate.setSubject(subject as never);
  const issuer = request.issuer.certificate === undefined ? undefined : pki.certificateFromPem(request.issuer.certificate);
  // what forge read as UTF-8 bytes it would encode once more
  const decoded = issuer?.subject.attributes.map((attribute) =>
    attribute.valueTagClass === (asn1.Type.UTF8 as unknown)
      ? { ...attribute, value: forge.util.decodeUtf8(String(attribute.value)) }
      : attribute,
  );
  certificate.setIssuer((decoded ?? subject) as never);
  certificate.setExtensions([...usages(request.role), ...alternativeNames(request.names ?? []), ...identifiers(request)]);
  // node:crypto signs: native, and the CA's key never becomes JavaScript numbers
  certificate.signatureOid = pki.oids.sha256WithRSAEncryption ?? '';
  certificate.siginfo.algorithmOid = certificate.signatureOid;
  const toBeSigned = (pki as unknown as { getTBSCertificate(of: object): Asn1 }).getTBSCertificate(certificate); // missing in its types
  certificate.tbsCertificate = toBeSigned;
  const der = Buffer.from(asn1.toDer(toBeSigned).getBytes(), 'latin1');
  certificate.signature = sign('sha256', der, createPrivateKey(request.issuer.privateKey)).toString('latin1');
  return pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

/** 128 random bits, positive and of full length, hexadecimal. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}

function usages(role: CertificateRequest['role']): object[] {
  const keyUsage = { name: 'keyUsage', critical: true, digitalSignature: true };
  const constraints = { name: 'basicConstraints', critical: true, cA: role === 'ca' };
  if (role === 'ca') return [{ ...keyUsage, keyEncipherment: true, keyAgreement: true, keyCertSign: true }, constraints];
  if (role === 'client') return [keyUsage, { name: 'extKeyUsage', clientAuth: true }, constraints];
  return [{ ...keyUsage, keyEncipherment: true, keyAgreement: true }, { name: 'extKeyUsage', serverAuth: true }, constraints];
}

/** As Go encodes them: all DNS names first, then the addresses. */
function alternativeNames(names: readonly string[]): object[] {
  const unique = [...new Set(names)];
  const dns = unique.filter((name) => isIP(name) === 0).map((value) => ({ type: 2, value }));
  const addresses = unique.filter((name) => isIP(name) !== 0).map((ip) => ({ type: 7, ip }));
  return unique.length === 0 ? [] : [{ name: 'subjectAltName', altNames: [...dns, ...addresses] }];
}

/** Subject key id on the CA, authority key id on what it signs: SHA-1 of the key's bits (RFC 5280, 4.2.1.2, method 1). */
function identifiers({ role, issuer }: CertificateRequest): object[] {
  if (role === 'ca') return [{ name: 'subjectKeyIdentifier' }];
  const key = createPublicKey(issuer.privateKey).export({ type: 'pkcs1', format: 'der' });
  return [{ name: 'authorityKeyIdentifier', keyIdentifier: createHash('sha1').update(key).digest('binary') }];
}
