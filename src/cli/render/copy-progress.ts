import { printableLine } from '../../core/printable.ts';
import type { CopyListener } from '../../ssh/index.ts';
import type { OutputStream } from '../session.ts';

export interface CopyProgress extends CopyListener {
  /** Ends the line that is being shown. */
  end(): void;
}

/** Milliseconds between two looks of a line. */
const PAUSE = 100;

/** File names are anybody's: none moves the cursor. Problems a line each, in scp's words; on a terminal, unless `quiet`, the file that is under way with its share. */
export function copyProgress(output: OutputStream, quiet: boolean): CopyProgress {
  const shown = output.isTTY === true && !quiet;
  let drawn = 0;
  let open = false;
  const end = () => {
    if (open) output.write('\n');
    open = false;
  };
  return {
    end,
    problem(text) {
      end();
      output.write(`scp: ${printableLine(text, 1000)}\n`);
    },
    progress(name, done, size) {
      if (!shown) return;
      const complete = done === size;
      if (!complete && Date.now() - drawn < PAUSE) return;
      drawn = Date.now();
      output.write(`\r\u001b[K${line(name, done, size, output.columns ?? 80)}`);
      open = true;
      if (complete) end();
    },
  };
}

function line(name: string, done: number, size: number, columns: number): string {
  const share = size === 0 ? 100 : Math.floor((done / size) * 100);
  const end = ` ${String(share).padStart(3)}% ${amount(size).padStart(8)}`;
  const room = Math.max(8, columns - end.length - 1);
  return `${printableLine(name, room).padEnd(Math.min(room, 40))}${end}`;
}

function amount(bytes: number): string {
  if (bytes < 1e4) return `${bytes} B`;
  if (bytes < 1e7) return `${Math.round(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}
