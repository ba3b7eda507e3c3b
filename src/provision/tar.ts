/** A ustar archive of plain files: all 0600, owned by root, time zero, in the order given. */
export async function tarOf(files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const { pack } = await import('tar-stream');
  const archive = pack();
  const chunks: Buffer[] = [];
  const done = new Promise<void>((resolve, reject) => {
    archive.on('data', (chunk: unknown) => chunks.push(chunk as Buffer));
    archive.on('end', resolve);
    archive.on('error', reject);
  });
  for (const [name, content] of files) archive.entry({ name, mode: 0o600, mtime: new Date(0), uid: 0, gid: 0 }, Buffer.from(content));
  archive.finalize();
  await done;
  return Buffer.concat(chunks);
}
