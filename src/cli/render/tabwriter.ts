/** Layout rules of Go's text/tabwriter. */
export interface TabwriterOptions {
  readonly minWidth: number;
  readonly tabWidth: number;
  readonly padding: number;
  /** A tab pads with tabs, widths being multiples of the tab width. */
  readonly pad: ' ' | '\t';
}

/**
 * Aligns tab-separated cells as Go's text/tabwriter: a column is a run of neighbouring lines that have a cell there which a tab
 * ends; the last cell of a line belongs to no column.
 */
export function tabwriter(lines: readonly string[], options: TabwriterOptions): string[] {
  const cells = lines.map((line) => line.split('\t'));
  const widths = cells.map((row) => new Array<number>(Math.max(0, row.length - 1)).fill(0));
  layOut(cells, widths, options, 0, cells.length, 0);
  return cells.map((row, at) => row.map((cell, column) => padded(cell, widths[at]?.[column], options)).join(''));
}

function layOut(cells: string[][], widths: number[][], options: TabwriterOptions, from: number, to: number, column: number): void {
  const has = (line: number) => column < (widths[line]?.length ?? 0);
  for (let line = from; line < to; line++) {
    if (!has(line)) continue;
    let end = line;
    let width = options.minWidth;
    for (; end < to && has(end); end++) {
      width = Math.max(width, displayWidth(cells[end]?.[column] ?? '') + options.padding);
    }
    if (options.pad === '\t') width = Math.ceil(width / options.tabWidth) * options.tabWidth;
    for (let at = line; at < end; at++) (widths[at] as number[])[column] = width;
    layOut(cells, widths, options, line, end, column + 1);
    line = end - 1;
  }
}

function padded(cell: string, width: number | undefined, options: TabwriterOptions): string {
  if (width === undefined) return cell;
  const missing = width - displayWidth(cell);
  if (options.pad === ' ') return cell + ' '.repeat(missing);
  return cell + '\t'.repeat(Math.ceil(missing / options.tabWidth));
}

/** Go counts code points. */
const displayWidth = (text: string): number => [...text].length;
