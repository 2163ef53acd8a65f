// Numbers and times for people: short, with their unit, in the reader's time zone.

const NARROW = '\u202f'

/** `5 %`, `0.25 %`, `<0.01 %`. */
export function toPercentLabel(percent: number): string {
  if (percent > 0 && percent < 0.01) return `<0.01${NARROW}%`
  // As fine as buckets are.
  return `${Number(percent.toFixed(2))}${NARROW}%`
}

/** Requests each second, with as many digits as say something. */
export function toRateLabel(perSecond: number): string {
  if (perSecond === 0) return '0/s'
  if (perSecond < 0.1) return `${Number((perSecond * 60).toFixed(1))}/min`
  return `${toCountLabel(perSecond)}/s`
}

/** `0.4`, `12`, `3.4k`, `1.2M`. */
export function toCountLabel(count: number): string {
  const size = Math.abs(count)
  if (size < 10) return String(Number(count.toFixed(1)))
  if (size < 1000) return String(Math.round(count))
  if (size < 1e6) return `${Number((count / 1e3).toFixed(size < 1e4 ? 1 : 0))}k`
  return `${Number((count / 1e6).toFixed(1))}M`
}

export function toLatencyLabel(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}${NARROW}ms` : `${Number((ms / 1000).toFixed(1))}${NARROW}s`
}

export function toBytesLabel(bytes: number): string {
  if (bytes < 1000) return `${bytes}${NARROW}B`
  if (bytes < 1e6) return `${Number((bytes / 1e3).toFixed(1))}${NARROW}KB`
  return `${Number((bytes / 1e6).toFixed(1))}${NARROW}MB`
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** `12 s`, `4 min`, `2 h 10 min`, `3 d`. */
export function toSpanLabel(ms: number): string {
  const span = Math.max(0, ms)
  if (span < MINUTE_MS) return `${Math.round(span / SECOND_MS)}${NARROW}s`
  if (span < HOUR_MS) return `${Math.round(span / MINUTE_MS)}${NARROW}min`
  if (span < DAY_MS) {
    const minutes = Math.round(span / MINUTE_MS)
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
    return rest === 0 ? `${hours}${NARROW}h` : `${hours}${NARROW}h ${rest}${NARROW}min`
  }
  return `${Math.round(span / DAY_MS)}${NARROW}d`
}

export function toAgoLabel(at: number, now: number): string {
  return now - at < 5 * SECOND_MS ? 'just now' : `${toSpanLabel(now - at)} ago`
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const clockWithSeconds = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' })
const whole = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'long',
})

const zone = new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' })

/** The zone, where clocks are put forward or back within an hour: some times are there twice. */
function toZoneSuffix(at: number): string {
  const offsets = [at - HOUR_MS, at, at + HOUR_MS].map((one) => new Date(one).getTimezoneOffset())
  if (new Set(offsets).size === 1) return ''
  const name = zone.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value
  return name === undefined ? '' : ` ${name}`
}

/** The time of day, with the day where it is another one than today. */
export function toClockLabel(at: number, now: number = at): string {
  const date = new Date(at)
  const isToday = date.toDateString() === new Date(now).toDateString()
  const time = `${clock.format(date)}${toZoneSuffix(at)}`
  return isToday ? time : `${day.format(date)}, ${time}`
}

export function toSecondsLabel(at: number): string {
  return `${clockWithSeconds.format(new Date(at))}${toZoneSuffix(at)}`
}

/** With the zone, for a tooltip. */
export function toWholeTimeLabel(at: number): string {
  return whole.format(new Date(at))
}

/** `1 environment`, `3 environments`. */
export function toAmount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}

/** `a`, `a and b`, `a, b and c`. */
export function toListText(parts: readonly string[]): string {
  const last = parts.at(-1) ?? ''
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`
}
