// The weight of the canary over time as a picture of letters, for any terminal: a line for each
// weight, a column for each stretch of time.

import { toDuration } from '../../core/amounts.ts'
import type { Style } from '../terminal.ts'
import { toPercentText } from '../words.ts'

/** The canary has `weight` percent from `atMs` on. */
export type Change = { readonly atMs: number; readonly weight: number }

/** Wider pictures say no more. */
const WIDEST = 72
const NARROWEST = 10

/** @param endMs when the last weight ends; the picture is as wide as `columns` allow. */
export function drawWeights(
  changes: readonly Change[],
  endMs: number,
  columns: number,
  style: Pick<Style, 'cyan' | 'dim'>,
): string[] {
  const weights = [...new Set([0, ...changes.map(({ weight }) => weight)])].sort((a, b) => b - a)
  const names = weights.map(toPercentText)
  const margin = Math.max(...names.map((name) => name.length))
  const width = Math.max(NARROWEST, Math.min(columns, WIDEST) - margin - 2)
  const levels = toLevels(changes, endMs, width, weights)
  const rows = names.map((name, level) => {
    const drawn = levels.map((to, i) => toLetter(level, i === 0 ? to : (levels[i - 1] ?? to), to))
    return `${style.dim(name.padStart(margin))} ${style.dim('┤')}${style.cyan(drawn.join('').trimEnd())}`
  })
  return [...rows, ...drawAxis(endMs, width, margin).map(style.dim)]
}

/** The place of the weight in each column. However short a time it had, a weight has one column. */
function toLevels(
  changes: readonly Change[],
  endMs: number,
  width: number,
  weights: readonly number[],
): number[] {
  const begins: number[] = []
  for (const [i, { atMs }] of changes.entries()) {
    const column = endMs > 0 ? Math.floor((atMs * width) / endMs) : 0
    const latest = width - (changes.length - i)
    begins.push(Math.min(Math.max(column, (begins[i - 1] ?? -1) + 1), latest))
  }
  return Array.from({ length: width }, (_, column) => {
    const change = changes[begins.findLastIndex((begin) => begin <= column)]
    return weights.indexOf(change?.weight ?? 0)
  })
}

/** What a line of the picture shows where the weight goes from one place to another. */
function toLetter(level: number, from: number, to: number): string {
  if (from === to) return level === to ? '─' : ' '
  const isUp = to < from
  if (level === to) return isUp ? '╭' : '╰'
  if (level === from) return isUp ? '╯' : '╮'
  return level > Math.min(from, to) && level < Math.max(from, to) ? '│' : ' '
}

/** A line, and the times at its ends and, where there is room, in its middle. */
function drawAxis(endMs: number, width: number, margin: number): string[] {
  const indent = ' '.repeat(margin + 1)
  const middle = Math.floor(width / 2)
  const half = toDuration(endMs / 2)
  const end = toDuration(endMs)
  const ticks = Array.from({ length: width }, (_, i) => (i === middle ? '┴' : '─')).join('')
  const before = '0'.padEnd(middle - Math.floor(half.length / 2)) + half
  const isRoomy = before.length - half.length > 2 && before.length + end.length + 2 <= width
  const times = isRoomy ? before : '0'
  return [
    `${indent}└${ticks}`,
    `${indent} ${times}${end.padStart(Math.max(end.length + 1, width - times.length))}`,
  ]
}
