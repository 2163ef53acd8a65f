// Rows under a head, as wide as they have to be; on a narrow terminal each row becomes a few lines
// instead of being cut.

import { toHarmlessCell, toWidth } from './terminal.ts'

const GAP = '  '

/** `columns` is the width there is; `undefined` for any. Cells may hold text from anybody. */
export function toTable(
  head: readonly string[],
  cells: readonly (readonly string[])[],
  columns: number | undefined,
): string[] {
  const rows = cells.map((row) => row.map(toHarmlessCell))
  const widths = head.map((title, i) =>
    Math.max(toWidth(title), ...rows.map((row) => toWidth(row[i] ?? ''))),
  )
  const total = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (head.length - 1)
  if (columns !== undefined && total > columns) return toRecords(head, rows)
  const toLine = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - toWidth(cell))))
      .join(GAP)
      .trimEnd()
  return [toLine(head), ...rows.map(toLine)]
}

/** The first cell as a title, the others below it, the empty ones not at all. */
function toRecords(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.flatMap(([first = '', ...rest]) => [
    first,
    ...rest.flatMap((cell, i) => (cell === '' ? [] : [`  ${head[i + 1]}: ${cell}`])),
  ])
}
