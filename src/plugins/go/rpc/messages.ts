/** Go's net/rpc over HTTP: https://pkg.go.dev/net/rpc. A call is a header and an argument, an answer a header and a result. */
import { STRING, structOf, UINT } from '../gob/index.ts';

export const REQUEST = structOf('Request', { ServiceMethod: STRING, Seq: UINT });
export const RESPONSE = structOf('Response', { ServiceMethod: STRING, Seq: UINT, Error: STRING });
/** `struct{}`: no argument, no result. */
export const EMPTY = structOf('', {});

/** net/rpc.DefaultRPCPath; the answer's status line is what Go's client compares. */
export const CONNECT = 'CONNECT /_goRPC_ HTTP/1.0\n\n';
export const CONNECTED = 'HTTP/1.0 200 Connected to Go RPC';

/** Bytes of the longest head that is read. */
export const LONGEST_HEAD = 8192;
