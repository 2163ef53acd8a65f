// Formats numbers, times and shell words for people.

import { BUCKETS } from '../core/traffic.ts'

/** A number of buckets as a percentage of all visitors. Two decimals are exact. */
export function toPercent(buckets: number): number {
  return (buckets * 100) / BUCKETS
}

/** `12.5 %`. */
export function toPercentText(percent: number): string {
  return `${Number(percent.toFixed(2))} %`
}

export function toCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}

/** `2026-11-23 12:00:00Z`. @param at milliseconds since the epoch, as times of the API are. */
export function toTime(at: number): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}

/** `12 s`, `4 min`, `2 h`, `3 d`, rounded down. */
export function toSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

export function toSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** Quotes a text for a POSIX shell, unless it is a plain word. */
export function toShellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
