/** Cloud-init's user data: the user's own, and an SSH host key where the console cannot tell of one. */
import { type HostKeyPair, MachineError } from 'tsmachine/driver';

/** Bytes, before base64; EC2's limit. */
const LARGEST = 16_384;

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^#cloud-config/, 'text/cloud-config'],
  [/^#!/, 'text/x-shellscript'],
  [/^#cloud-boothook/, 'text/cloud-boothook'],
  [/^#include/, 'text/x-include-url'],
];

/** Whether a host key can be put beside the user's own data. */
export const takesHostKey = (own: string): boolean => own === '' || kindOf(own) !== undefined;

/** Throws DRIVER_FLAG when it is more than EC2 takes. */
export function userData(own: string, hostKey: HostKeyPair | undefined): string {
  const text = hostKey ? together(own, hostKeyConfig(hostKey)) : own;
  if (Buffer.byteLength(text) <= LARGEST) return text;
  throw new MachineError(
    'DRIVER_FLAG',
    `--amazonec2-userdata: expected at most ${LARGEST} bytes with what is added, found ${Buffer.byteLength(text)}`,
  );
}

/** JSON is YAML. */
const hostKeyConfig = ({ privateKey, publicLine }: HostKeyPair): string =>
  `#cloud-config\n${JSON.stringify({ ssh_deletekeys: true, ssh_keys: { ed25519_private: privateKey, ed25519_public: publicLine } })}\n`;

function together(own: string, ours: string): string {
  if (own === '') return ours;
  const boundary = `==tsmachine-${crypto.randomUUID()}==`;
  const part = (text: string) =>
    `--${boundary}\r\nContent-Type: ${kindOf(text) ?? 'text/plain'}; charset="utf-8"\r\nMIME-Version: 1.0\r\n\r\n${text}\r\n`;
  return `Content-Type: multipart/mixed; boundary="${boundary}"\r\nMIME-Version: 1.0\r\n\r\n${part(own)}${part(ours)}--${boundary}--\r\n`;
}

const kindOf = (text: string): string | undefined => KINDS.find(([begins]) => begins.test(text))?.[1];
