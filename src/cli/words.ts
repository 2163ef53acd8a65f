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

export function toSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** Quotes a text for a POSIX shell, unless it is a plain word. */
export function toShellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
