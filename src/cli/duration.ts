// Lengths of time as people say them, in two units at most.

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** `0 s`, `50 s`, `1 h 30 min`, `2 d`. Rounded to the second unit. */
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
