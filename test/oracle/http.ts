/** HTTP over a unix socket exactly as asked: nothing added but Host, nothing decoded but chunks. */

import http from 'node:http';

export interface Call {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  /** Sent as it is; an object is sent as JSON with its Content-Type. */
  body?: string | Buffer | object;
  /** Bytes sent on a hijacked connection after its headers came, then the sending side is closed. */
  stdin?: string | Buffer;
  /** Ends a hijacked or endless answer after so much of it. */
  until?: (soFar: Buffer) => boolean;
  /** Ends the answer after so many milliseconds (20000), marked `cut`. */
  patience?: number;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** The answer had not ended when patience did. */
  cut?: boolean;
}

/** One call. Resolves when the answer has ended, also that of a hijacked connection (101). */
export function request(socket: string, call: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const json = typeof call.body === 'object' && !Buffer.isBuffer(call.body);
    const payload = json ? JSON.stringify(call.body) : (call.body as string | Buffer | undefined);
    const headers: Record<string, string | number> = {
      Host: 'docker',
      ...(json ? { 'Content-Type': 'application/json' } : {}),
      ...call.headers,
    };
    if (payload !== undefined && !('Content-Length' in headers)) headers['Content-Length'] = Buffer.byteLength(payload);
    const outgoing = http.request({ socketPath: socket, method: call.method ?? 'GET', path: call.path, headers, agent: false });
    outgoing.on('error', reject);
    // Headers that never come are an answer too, of a broken engine.
    outgoing.setTimeout(call.patience ?? 20_000, () => {
      resolve({ status: 0, headers: {}, body: Buffer.alloc(0), cut: true });
      outgoing.destroy();
    });
    outgoing.on('response', (incoming) => collect(incoming, incoming, call, resolve, reject));
    outgoing.on('upgrade', (incoming, duplex, head) => {
      duplex.unshift(head);
      if (call.stdin !== undefined) duplex.end(call.stdin);
      collect(incoming, duplex, call, resolve, reject);
    });
    outgoing.end(payload);
  });
}

function collect(
  message: http.IncomingMessage,
  stream: NodeJS.ReadableStream & { destroy(): unknown },
  call: Call,
  resolve: (answer: Answer) => void,
  reject: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  const headers = Object.fromEntries(Object.entries(message.headers).map(([key, value]) => [key, String(value)]));
  const finish = () => {
    clearTimeout(timer);
    resolve({ status: message.statusCode ?? 0, headers, body: Buffer.concat(chunks) });
  };
  const timer = setTimeout(() => {
    resolve({ status: message.statusCode ?? 0, headers, body: Buffer.concat(chunks), cut: true });
    stream.destroy();
  }, call.patience ?? 20_000);
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (!call.until?.(Buffer.concat(chunks))) return;
    finish();
    stream.destroy();
  });
  stream.on('end', finish);
  stream.on('close', finish);
  stream.on('error', reject);
}
