/** Puts an image into a registry by the distribution API (HTTP API V2). */

import { type BuiltImage, digest, MANIFEST_TYPE } from './image.ts';

/** `repository` as in `library/busybox`. Blobs the registry has are not sent again. Throws on any answer not expected. */
export async function push(registry: string, repository: string, tag: string, built: BuiltImage): Promise<void> {
  for (const bytes of [...built.layers, built.config]) await pushBlob(registry, repository, bytes);
  const answer = await fetch(`${registry}/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'Content-Type': MANIFEST_TYPE },
    body: new Uint8Array(built.manifest),
  });
  await expectStatus(answer, 201);
}

async function pushBlob(registry: string, repository: string, bytes: Buffer): Promise<void> {
  const name = digest(bytes);
  const there = await fetch(`${registry}/v2/${repository}/blobs/${name}`, { method: 'HEAD' });
  if (there.status === 200) return;
  const opened = await fetch(`${registry}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  await expectStatus(opened, 202);
  const target = new URL(opened.headers.get('location') ?? '', registry);
  target.searchParams.set('digest', name);
  const body = new Uint8Array(bytes);
  await expectStatus(await fetch(target, { method: 'PUT', headers: { 'Content-Type': 'application/octet-stream' }, body }), 201);
}

async function expectStatus(answer: Response, status: number): Promise<void> {
  if (answer.status === status) return void (await answer.body?.cancel());
  throw new Error(`expected ${status} from ${answer.url}, found ${answer.status}: ${await answer.text()}`);
}
