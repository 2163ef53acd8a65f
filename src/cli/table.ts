// Rows under a head, in columns as wide as their widest cell. Where the terminal is narrower, a long last
// cell is broken into lines; where that leaves too little room, each row becomes lines of its own. Nothing
// is cut.

import { toHarmlessCell, toWidth, wrap } from './terminal.ts'

const GAP = '  '
/** A last column that is narrower than this is no longer read as text. */
const MIN_LAST_COLUMNS = 24

/**
 * A column without any cell is left out. Cells may hold text from anybody.
 *
 * @param columns the width there is; `undefined` for any.
 */
export function toTable(
  titles: readonly string[],
  all: readonly (readonly string[])[],
  columns: number | undefined,
): string[] {
  const isUsed = (_: string, i: number) => i === 0 || all.some((row) => (row[i] ?? '') !== '')
  const head = titles.filter(isUsed)
  const rows = all.map((row) => row.filter(isUsed).map(toHarmlessCell))
  const widths = head.map((title, i) =>
    Math.max(toWidth(title), ...rows.map((row) => toWidth(row[i] ?? ''))),
  )
  const total = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (head.length - 1)
  const left = columns === undefined ? undefined : columns - total + (widths.at(-1) ?? 0)
  if (left !== undefined && columns !== undefined && total > columns) {
    if (head.length < 2 || left < MIN_LAST_COLUMNS) return toRecords(head, rows, columns)
    widths[widths.length - 1] = left
  }
  const toLine = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - toWidth(cell))))
      .join(GAP)
      .trimEnd()
  return [head, ...rows].flatMap((cells) => {
    const last = cells[head.length - 1] ?? ''
    if (left === undefined || toWidth(last) <= left) return [toLine(cells)]
    const [first = '', ...more] = wrap(last, left)
    const before = cells.slice(0, head.length - 1)
    return [[...before, first], ...more.map((part) => [...before.map(() => ''), part])].map(toLine)
  })
}

/** The first cell as a title, the others below it, the empty ones not at all. */
function toRecords(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): string[] {
  return rows.flatMap(([first = '', ...rest]) => [
    ...wrap(first, columns),
    ...rest.flatMap((cell, i) =>
      cell === '' ? [] : wrap(`${head[i + 1]}: ${cell}`, columns, '  '),
    ),
  ])
}
