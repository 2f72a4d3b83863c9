/** Columns of text, each as wide as its widest cell. */

/** Left-aligned columns with two spaces between; colours in a cell do not count as width. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell));
    });
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell + ' '.repeat(widths[column] - visibleLength(cell)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

function visibleLength(cell: string): number {
  return cell.replace(/\x1b\[[0-9;]*m/g, '').length;
}
