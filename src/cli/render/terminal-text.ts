import { printable } from '../../core/printable.ts';
import type { TextOutput } from '../text-output.ts';

/** A text for a stream: on a terminal without what could move its cursor or colour it; elsewhere a program reads it, byte for byte. */
export function forStream(stream: TextOutput, text: string): string {
  return stream.isTTY ? printable(text) : text;
}
