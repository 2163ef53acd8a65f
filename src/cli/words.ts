// Numbers and times as people read them.

import { BUCKETS } from '../core/traffic.ts'

/** Buckets as a share of all visitors: two decimals are exact. */
export function toPercent(buckets: number): number {
  return (buckets * 100) / BUCKETS
}

/** As `12.5 %`. */
export function toPercentText(percent: number): string {
  return `${Number(percent.toFixed(2))} %`
}

export function toCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}

/** Times of the API are milliseconds since the epoch. As `2026-11-23 12:00:00Z`. */
export function toTime(at: number): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}

export function toSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** Quoted for a POSIX shell where it would not be one plain word. */
export function toShellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
