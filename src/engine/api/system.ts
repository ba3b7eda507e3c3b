import os from 'node:os';
import type { Route } from '../http/route.ts';
import { apiVersion, engineVersion, minimumApiVersion } from '../version.ts';

/** `/_ping` and `/version` (Engine API v1.51, tag System). */
export function systemRoutes(): Route[] {
  return [
    { method: 'GET', path: '/_ping', handle: (request, answer) => ping(request.method, answer) },
    { method: 'HEAD', path: '/_ping', handle: (request, answer) => ping(request.method, answer) },
    { method: 'GET', path: '/version', handle: (_request, answer) => answer.json(200, version()) },
  ];
}

function ping(method: string, answer: Parameters<Route['handle']>[1]): void {
  answer.header('Cache-Control', 'no-cache, no-store, must-revalidate');
  answer.header('Pragma', 'no-cache');
  answer.header('Builder-Version', '1');
  answer.header('Swarm', 'inactive');
  if (method === 'GET') {
    answer.text(200, 'OK');
    return;
  }
  answer.header('Content-Type', 'text/plain; charset=utf-8');
  answer.empty(200);
}

function version(): unknown {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const details = {
    ApiVersion: apiVersion,
    Arch: architecture,
    BuildTime: '',
    Experimental: 'false',
    GitCommit: '',
    GoVersion: 'none',
    KernelVersion: os.release(),
    MinAPIVersion: minimumApiVersion,
    Os: 'linux',
  };
  return {
    Platform: { Name: 'tsmachine' },
    Components: [{ Name: 'Engine', Version: engineVersion, Details: details }],
    Version: engineVersion,
    ApiVersion: apiVersion,
    MinAPIVersion: minimumApiVersion,
    GitCommit: '',
    GoVersion: 'none',
    Os: 'linux',
    Arch: architecture,
    KernelVersion: os.release(),
    BuildTime: '',
  };
}
