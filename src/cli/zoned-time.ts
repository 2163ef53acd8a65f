// Reads a time that somebody writes: with its zone, because without one it would depend on the machine.

const ZONED = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/

/** Milliseconds since the epoch; `undefined` for anything else, and for a day that its month does not have. */
export function parseZonedTime(text: string): number | undefined {
  const [year = 0, month = 0, day = 0] = ZONED.exec(text)?.slice(1).map(Number) ?? []
  // `Date.parse` reads 30 February as 2 March.
  if (day === 0 || new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}
