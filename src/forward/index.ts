/** Published ports and the engine's socket, led to this computer: what supervisors and `tsmachine forward` share. */
export { type FollowOptions, followPublishedPorts } from './follow.ts';
export { keyOf, type PublishedPort, publishedPorts } from './published-ports.ts';
