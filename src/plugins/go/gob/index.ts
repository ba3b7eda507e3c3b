/** Go's encoding/gob, as far as net/rpc and docker-machine's plugins need it. */
export { GobDecoder, type GobLimits } from './decoder.ts';
export { GobEncoder } from './encoder.ts';
export * from './types.ts';
