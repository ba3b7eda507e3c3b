/** The provider's API in this process. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export const TOKEN = 'a-secret-token';

export interface FakeProvider {
  readonly url: string;
  /** Names of all that exists. */
  names(): string[];
  close(): void;
}

export async function fakeProvider(): Promise<FakeProvider> {
  const things = new Map<string, Record<string, unknown>>();
  let machines = 0;
  const server = createServer(async (request, response) => {
    const answer = (status: number, body?: unknown) => response.writeHead(status).end(body === undefined ? '' : JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return answer(401, { error: 'unknown token' });
    const [, kind = '', name = '', action] = (request.url ?? '').split('/');
    const id = `${kind}/${name}`;
    const found = things.get(id);
    const body = request.method === 'GET' || request.method === 'DELETE' ? {} : ((await json(request)) as Record<string, unknown>);
    if (request.method === 'PUT') {
      if (!found) machines += 1;
      things.set(id, found ?? { name, ...body, power: 'on', address: `192.0.2.${machines % 250}` });
      return answer(200, things.get(id));
    }
    if (!found) return answer(404);
    if (request.method === 'DELETE') things.delete(id);
    if (action === 'power') things.set(id, { ...found, power: body.power });
    return answer(200, things.get(id));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    names: () => [...things.keys()],
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
