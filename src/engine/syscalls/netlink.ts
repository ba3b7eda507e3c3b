import { closeSync } from 'node:fs';
import { bind, check, SyscallError } from './libc.ts';

const socket = bind<[number, number, number]>('int socket(int domain, int type, int protocol)');
const send = bind<[number, Buffer, number, number]>('long send(int fd, const uint8_t *data, size_t size, int flags)');
const recv = bind<[number, Buffer, number, number]>('long recv(int fd, _Out_ uint8_t *data, size_t size, int flags)');
const nametoindex = bind<[string]>('unsigned int if_nametoindex(const char *name)');

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const MSG_DONTWAIT = 0x40;
const NLMSG_ERROR = 2;
const HEADER = 16;

const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

/** A netlink attribute: 16-bit length and type, value, padding to four bytes. Nested ones are joined values. */
export function attribute(type: number, value: Buffer | string | number): Buffer {
  const body = typeof value === 'number' ? u32(value) : typeof value === 'string' ? Buffer.from(`${value}\0`) : value;
  const padded = Buffer.alloc((4 + body.length + 3) & ~3);
  padded.writeUInt16LE(4 + body.length, 0);
  padded.writeUInt16LE(type, 2);
  body.copy(padded, 4);
  return padded;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}

/** A request without its header. */
export interface NetlinkRequest {
  type: number;
  flags: number;
  /** The fixed structure and the attributes. */
  body: Buffer[];
  /** For error messages. */
  what: string;
}

/** A route netlink socket (rtnetlink(7)): it stays in the network namespace it was opened in. The kernel answers within the send. */
export class Netlink {
  readonly #fd: number;
  #sequence = 0;

  constructor() {
    this.#fd = check('socket', 'netlink', socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0));
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Sends requests as one batch and reads an acknowledgement of each. Throws SyscallError for the first that failed. */
  run(requests: readonly NetlinkRequest[]): void {
    if (requests.length === 0) return;
    const first = this.#sequence + 1;
    const batch = Buffer.concat(requests.map((request) => this.#message(request, NLM_F_ACK)));
    check('send', 'netlink', send(this.#fd, batch, batch.length, 0));
    let failure: SyscallError | undefined;
    let answered = 0;
    while (answered < requests.length) {
      for (const { type, sequence, body } of this.#receive()) {
        if (type !== NLMSG_ERROR || sequence < first) continue;
        answered += 1;
        const errno = -body.readInt32LE(0);
        if (errno !== 0) failure ??= new SyscallError('netlink', errno, requests[sequence - first]?.what ?? '');
      }
    }
    if (failure) throw failure;
  }

  /** Sends one request and gives the body of its answer. */
  ask(request: NetlinkRequest): Buffer {
    const message = this.#message(request, 0);
    check('send', request.what, send(this.#fd, message, message.length, 0));
    for (;;) {
      for (const { type, sequence, body } of this.#receive()) {
        if (sequence !== this.#sequence) continue;
        if (type === NLMSG_ERROR) throw new SyscallError('netlink', -body.readInt32LE(0), request.what);
        return body;
      }
    }
  }

  #message({ type, flags, body }: NetlinkRequest, more: number): Buffer {
    const content = Buffer.concat(body);
    const message = Buffer.alloc(HEADER + content.length);
    this.#sequence += 1;
    message.writeUInt32LE(message.length, 0);
    message.writeUInt16LE(type, 4);
    message.writeUInt16LE(flags | NLM_F_REQUEST | more, 6);
    message.writeUInt32LE(this.#sequence, 8);
    content.copy(message, HEADER);
    return message;
  }

  *#receive(): Generator<{ type: number; sequence: number; body: Buffer }> {
    const buffer = Buffer.alloc(32 * 1024);
    const length = check('recv', 'netlink', recv(this.#fd, buffer, buffer.length, MSG_DONTWAIT));
    let at = 0;
    while (at + HEADER <= length) {
      const size = buffer.readUInt32LE(at);
      if (size < HEADER) return;
      yield { type: buffer.readUInt16LE(at + 4), sequence: buffer.readUInt32LE(at + 8), body: buffer.subarray(at + HEADER, at + size) };
      at += (size + 3) & ~3;
    }
  }
}

/** Index of a network interface in the calling thread's network namespace; undefined when there is none. */
export function interfaceIndex(name: string): number | undefined {
  return nametoindex(name) || undefined;
}
