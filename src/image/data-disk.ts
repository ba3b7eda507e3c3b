import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessRunner } from '../host/process-runner.ts';

/** Fixed, so that the template is the same bytes each time; copies share it, and nothing tells them apart by it. */
const FILE_SYSTEM_ID = '7473006d-6163-6869-6e65-000064617461';

/**
 * Writes the pre-formatted data disk that each machine starts with a copy of: an empty ext4 in a sparse qcow2 (about 1 MB).
 * Formatting in the guest would cost each first boot half a second.
 */
export async function writeDataDisk(
  path: string,
  options: { label: string; bytes: number; scratchDir: string; runner: ProcessRunner; signal?: AbortSignal | undefined },
): Promise<void> {
  const { runner, signal } = options;
  const raw = join(options.scratchDir, 'data.raw');
  // The clock of mke2fs: the file system must not hold the time of the build. By env(1), which keeps the runner's PATH: mke2fs is
  // not on an ordinary user's.
  const settings = ['E2FSPROGS_FAKE_TIME=1', 'SOURCE_DATE_EPOCH=1', `MKE2FS_CONFIG=${join(options.scratchDir, 'no-mke2fs.conf')}`];
  const common = signal ? { signal } : {};
  try {
    await writeFile(raw, '');
    await truncate(raw, options.bytes);
    const features =
      'has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum';
    const extended = `hash_seed=${FILE_SYSTEM_ID},root_owner=0:0,assume_storage_prezeroed=1,nodiscard`;
    await runner.run(
      'env',
      [
        ...settings,
        'mke2fs',
        '-q',
        '-F',
        '-t',
        'ext4',
        '-O',
        features,
        '-b',
        '4096',
        '-I',
        '256',
        '-m',
        '0',
        '-U',
        FILE_SYSTEM_ID,
        '-L',
        options.label,
        '-E',
        extended,
        raw,
      ],
      common,
    );
    await rm(path, { force: true });
    await runner.run('qemu-img', ['convert', '-q', '-c', '-f', 'raw', '-O', 'qcow2', raw, path], common);
  } finally {
    await rm(raw, { force: true });
  }
}
