/** A kernel of 100 bytes (Multiboot, ELF32): it writes one line on the serial port and halts. Enough to see a driver at work. */
const BASE = 0x100000;
const HEADERS = 52 + 32;

/** mov esi,text; next: lodsb; test al,al; jz end; mov dx,0x3f8; out dx,al; jmp next; end: hlt; jmp end */
const code = (text: number) => [
  0xbe,
  ...le32(text),
  0xac,
  0x84,
  0xc0,
  0x74,
  0x07,
  0x66,
  0xba,
  0xf8,
  0x03,
  0xee,
  0xeb,
  0xf4,
  0xf4,
  0xeb,
  0xfd,
];

export function tinyKernel(says: string): Buffer {
  const multiboot = [...le32(0x1badb002), ...le32(0), ...le32(-0x1badb002)];
  const entry = BASE + HEADERS + multiboot.length;
  const body = [...multiboot, ...code(entry + 20), ...Buffer.from(`${says}\0`)];
  const size = HEADERS + body.length;
  const ident = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, ...Array<number>(9).fill(0)];
  const elf = [...ident, ...le16(2), ...le16(3), ...le32(1), ...le32(entry), ...le32(52), ...le32(0), ...le32(0)];
  const sizes = [52, 32, 1, 40, 0, 0].flatMap(le16);
  const segment = [1, 0, BASE, BASE, size, size, 7, 0x1000].flatMap(le32);
  return Buffer.from([...elf, ...sizes, ...segment, ...body]);
}

function le16(value: number): number[] {
  return [value & 255, (value >> 8) & 255];
}

function le32(value: number): number[] {
  return [...le16(value & 0xffff), ...le16((value >>> 16) & 0xffff)];
}
