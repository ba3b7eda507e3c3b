import { constants } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { MachineError, type ProcessRunner, systemCode } from 'tsmachine/driver';

const MB = 1_000_000;

/**
 * Makes the data disk from the image's pre-formatted template, at least `size` MB (10^6 bytes, as docker-machine counts disks);
 * it grows as it fills. Replaces what is there. Throws `NO_SPACE`; nothing is left then.
 */
export async function makeDataDisk(template: string, path: string, size: number, runner: ProcessRunner): Promise<void> {
  const unfinished = `${path}.new`;
  try {
    await copyFile(template, unfinished, constants.COPYFILE_FICLONE);
    if ((await virtualSize(unfinished)) < size * MB)
      await runner.run('qemu-img', ['resize', '-q', '-f', 'qcow2', unfinished, String(size * MB)]);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    if (systemCode(error) !== 'ENOSPC') throw error;
    throw new MachineError('NO_SPACE', `no space left for the data disk ${path}`, {
      cause: error,
      hint: 'Free some space and run the same command again',
    });
  }
}

/** The qcow2 header (docs/interop/qcow2.txt): magic `QFI\xfb`, and at byte 24 the virtual size, big-endian. */
async function virtualSize(path: string): Promise<number> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, 0);
    if (bytesRead < 32 || buffer.readUInt32BE(0) !== 0x514649fb) {
      throw new MachineError('IMAGE_BROKEN', `${path}: expected a qcow2 disk as the image's data template, found something else`);
    }
    return Number(buffer.readBigUInt64BE(24));
  } finally {
    await file.close();
  }
}
