import { EngineError } from '../errors.ts';
import type { Route } from '../http/route.ts';

const message =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

const read: [Route['method'], string][] = [
  ['GET', '/swarm'],
  ['GET', '/swarm/unlockkey'],
  ['GET', '/services'],
  ['GET', '/services/:id'],
  ['GET', '/services/:id/logs'],
  ['GET', '/nodes'],
  ['GET', '/nodes/:id'],
  ['GET', '/tasks'],
  ['GET', '/tasks/:id'],
  ['GET', '/tasks/:id/logs'],
  ['GET', '/secrets'],
  ['GET', '/secrets/:id'],
  ['GET', '/configs'],
  ['GET', '/configs/:id'],
];
const write: [Route['method'], string][] = [
  ['POST', '/swarm/init'],
  ['POST', '/swarm/join'],
  ['POST', '/swarm/update'],
  ['POST', '/swarm/unlock'],
  ['POST', '/services/create'],
  ['POST', '/services/:id/update'],
  ['DELETE', '/services/:id'],
  ['POST', '/nodes/:id/update'],
  ['DELETE', '/nodes/:id'],
  ['POST', '/secrets/create'],
  ['POST', '/secrets/:id/update'],
  ['DELETE', '/secrets/:id'],
  ['POST', '/configs/create'],
  ['POST', '/configs/:id/update'],
  ['DELETE', '/configs/:id'],
];

/** This engine is never part of a swarm: every such call has dockerd's 503. */
export function swarmRoutes(): Route[] {
  const handle = (): never => {
    throw new EngineError(503, message);
  };
  const leave = (): never => {
    throw new EngineError(503, 'This node is not part of a swarm');
  };
  return [
    { method: 'POST', path: '/swarm/leave', handle: leave },
    ...[...read, ...write].map(([method, path]) => ({ method, path, handle })),
  ];
}
