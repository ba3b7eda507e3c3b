import { MachineError } from '../core/errors.ts';

const NOTE_SEGMENT = 4;
/** XEN_ELFNOTE_PHYS32_ENTRY: where a hypervisor enters the kernel in 32-bit mode (PVH). */
const PVH_ENTRY_NOTE = 18;

const LITTLE_ENDIAN_64 = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);

export function isElf(bytes: Buffer): boolean {
  return bytes.subarray(0, 6).equals(LITTLE_ENDIAN_64);
}

/** The content of a section (ELF64, little endian), or undefined. Throws `IMAGE_BAD_ELF` for anything that is no ELF. */
export function elfSection(bytes: Buffer, wanted: string): Buffer | undefined {
  if (!isElf(bytes)) throw new MachineError('IMAGE_BAD_ELF', 'expected a 64-bit little-endian ELF file');
  const table = Number(bytes.readBigUInt64LE(40));
  const [entrySize, count, namesIndex] = [bytes.readUInt16LE(58), bytes.readUInt16LE(60), bytes.readUInt16LE(62)];
  const section = (index: number) => {
    const at = table + index * entrySize;
    const offset = Number(bytes.readBigUInt64LE(at + 24));
    return { name: bytes.readUInt32LE(at), content: bytes.subarray(offset, offset + Number(bytes.readBigUInt64LE(at + 32))) };
  };
  const names = section(namesIndex).content;
  for (let index = 0; index < count; index += 1) {
    const { name, content } = section(index);
    if (names.toString('latin1', name, names.indexOf(0, name)) === wanted) return content;
  }
  return undefined;
}

/** Whether QEMU can enter this kernel directly (`-kernel vmlinux`). */
export function hasPvhEntry(bytes: Buffer): boolean {
  const table = Number(bytes.readBigUInt64LE(32));
  const [entrySize, count] = [bytes.readUInt16LE(54), bytes.readUInt16LE(56)];
  for (let index = 0; index < count; index += 1) {
    const header = table + index * entrySize;
    if (bytes.readUInt32LE(header) !== NOTE_SEGMENT) continue;
    const offset = Number(bytes.readBigUInt64LE(header + 8));
    if (hasXenNote(bytes.subarray(offset, offset + Number(bytes.readBigUInt64LE(header + 32))))) return true;
  }
  return false;
}

function hasXenNote(notes: Buffer): boolean {
  for (let at = 0; at + 12 <= notes.length; ) {
    const [nameSize, dataSize, type] = [notes.readUInt32LE(at), notes.readUInt32LE(at + 4), notes.readUInt32LE(at + 8)];
    if (type === PVH_ENTRY_NOTE && notes.toString('latin1', at + 12, at + 15) === 'Xen') return true;
    at += 12 + align4(nameSize) + align4(dataSize);
  }
  return false;
}

const align4 = (size: number): number => (size + 3) & ~3;
