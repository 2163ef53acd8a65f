// Which rows of a long list are near the screen. Pure.

/** As many rows say how high the others are. */
const ENOUGH_MEASURED = 5

/**
 * Where each row begins, in pixels from the top of the list, and where the last one ends.
 *
 * @param rowPx the height of a row, as long as too few were measured.
 */
export function toOffsets(
  keys: readonly string[],
  heights: ReadonlyMap<string, number>,
  rowPx: number,
): readonly number[] {
  const known = [...heights.values()]
  const sum = known.reduce((total, height) => total + height, 0)
  const usual = known.length < ENOUGH_MEASURED ? rowPx : sum / known.length
  const offsets = [0]
  let at = 0
  for (const key of keys) {
    at += heights.get(key) ?? usual
    offsets.push(at)
  }
  return offsets
}

/** The rows between two heights, `to` not included. There is always one, if there are any. */
export function chooseRows(
  offsets: readonly number[],
  top: number,
  bottom: number,
): { readonly from: number; readonly to: number } {
  const count = offsets.length - 1
  if (count <= 0) return { from: 0, to: 0 }
  const from = Math.min(findRow(offsets, top), count - 1)
  return { from, to: Math.max(from + 1, Math.min(count, findRow(offsets, bottom) + 1)) }
}

/** The row that a height lies in: the first one above the list, one past the last one below it. */
function findRow(offsets: readonly number[], at: number): number {
  let [low, high] = [0, offsets.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((offsets[middle + 1] ?? 0) > at) high = middle
    else low = middle + 1
  }
  return low
}
