/** A static x86-64 Linux program that prints a text and exits 0, without a compiler. */

const BASE = 0x400000;
/** ELF header (64 bytes) and one program header (56). */
const HEADERS = 64 + 56;

/**
 * The bytes of an executable that writes `text` to its standard output, all of it also when write(2) takes less at a time,
 * and exits 0, or 1 when it cannot write.
 */
export function printer(text: string): Buffer {
  const message = Buffer.from(text, 'utf8');
  const code = assemble(message.length);
  const size = HEADERS + code.length + message.length;
  return Buffer.concat([elfHeader(BASE + HEADERS), programHeader(size), code, message]);
}

/** System V ABI, ELF-64 object file format, version 1: ET_EXEC for EM_X86_64 with one program header. */
function elfHeader(entry: number): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.set([2, 1, 1], 4); // 64 bit, little endian, version 1
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(62, 18); // EM_X86_64
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(entry), 24);
  header.writeBigUInt64LE(64n, 32); // program headers follow this one
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt16LE(64, 58);
  return header;
}

/** One PT_LOAD of the whole file, readable and executable. */
function programHeader(size: number): Buffer {
  const header = Buffer.alloc(56);
  header.writeUInt32LE(1, 0); // PT_LOAD
  header.writeUInt32LE(5, 4); // read, execute
  header.writeBigUInt64LE(BigInt(BASE), 16);
  header.writeBigUInt64LE(BigInt(BASE), 24);
  header.writeBigUInt64LE(BigInt(size), 32);
  header.writeBigUInt64LE(BigInt(size), 40);
  header.writeBigUInt64LE(0x1000n, 48);
  return header;
}

/** The message follows the code, so its distance from the end of the first instruction (7 bytes) is the code's rest. */
function assemble(length: number): Buffer {
  const code = Buffer.from(
    [
      '48 8d 35 00 00 00 00', //  0 lea  rsi, [rip + message]
      'ba 00 00 00 00', //        7 mov  edx, length
      'bf 01 00 00 00', //       12 mov  edi, 1
      'b8 01 00 00 00', //       17 mov  eax, SYS_write
      '0f 05', //                22 syscall
      '48 85 c0', //             24 test rax, rax
      '7e 0c', //                27 jle  41
      '48 01 c6', //             29 add  rsi, rax
      '48 29 c2', //             32 sub  rdx, rax
      '75 e7', //                35 jnz  12
      '31 ff', //                37 xor  edi, edi
      'eb 05', //                39 jmp  46
      'bf 01 00 00 00', //       41 mov  edi, 1
      'b8 3c 00 00 00', //       46 mov  eax, SYS_exit
      '0f 05', //                51 syscall
    ]
      .join('')
      .replaceAll(' ', ''),
    'hex',
  );
  code.writeInt32LE(code.length - 7, 3);
  code.writeInt32LE(length, 8);
  return code;
}
