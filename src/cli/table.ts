// Prints tables whose columns are as wide as their widest cell. If the terminal is too narrow, the last column
// is wrapped; if that column would be too narrow as well, each row becomes a list of lines. Nothing is cut off.

import { toHarmlessCell, toWidth, wrap } from './terminal.ts'

/** Between two columns. */
export const GAP = '  '
/** A wrapped column that is narrower than this is hard to read. */
const MIN_LAST_COLUMNS = 24

/**
 * A column whose cells are all empty is left out. Cells may contain untrusted text.
 *
 * @param columns the width of the terminal; `undefined` for no limit.
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

/** Each row as lines: the first cell as a title, the other cells below it, without empty ones. */
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
