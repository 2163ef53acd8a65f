// Sizes and lengths of time, in words.

/** As `512 B`, `1.5 MB`: powers of a thousand, with one decimal. */
export function toSize(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`
  return bytes < 1_000_000_000
    ? `${(bytes / 1_000_000).toFixed(1)} MB`
    : `${(bytes / 1_000_000_000).toFixed(1)} GB`
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** `0 s`, `50 s`, `1 h 30 min`, `2 d`: two units at most, rounded to the second one. */
export function toDuration(ms: number): string {
  const first = UNITS.findIndex(([, length]) => ms >= length)
  const [unit, length] = UNITS[first] ?? ['s', 1000]
  const next = UNITS[first + 1]
  if (!next) return `${Math.round(ms / length)} ${unit}`
  const [nextUnit, nextLength] = next
  const whole = Math.round(ms / nextLength) * nextLength
  const rest = Math.round((whole % length) / nextLength)
  const most = Math.floor(whole / length)
  return rest === 0 ? `${most} ${unit}` : `${most} ${unit} ${rest} ${nextUnit}`
}
