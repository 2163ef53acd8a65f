// Prints the result of a simulation: the chances first, then one run with a picture of its weights.

import { toDuration } from '../../core/amounts.ts'
import type { SimulateResult } from '../../wire/simulation.ts'
import type { NamedPlan } from '../plan.ts'
import { type Style, wrap } from '../terminal.ts'
import { toCount, toPercentText } from '../words.ts'

/** The picture's width where nothing limits it. */
const DEFAULT_COLUMNS = 80

const OUTCOMES = {
  promoted: 'promoted',
  rolledBack: 'taken back',
  held: 'holds and waits for somebody',
  unfinished: 'not over in that time',
} as const

export function toSimulatedLines(
  { name }: NamedPlan,
  { runs, seed, supposed, outcomes, exposed, example, notices }: SimulateResult,
  style: Style,
  columns = DEFAULT_COLUMNS,
): string[] {
  const paint = {
    promoted: style.green,
    rolledBack: style.red,
    held: style.yellow,
    unfinished: style.yellow,
  }
  const count = (visitors: number) => Math.round(visitors).toLocaleString('en-US')
  return [
    ...wrap(`${style.bold(name)}: ${supposed.text}`, columns),
    ...notices.flatMap((notice) => wrap(style.yellow(notice), columns)),
    '',
    ...wrap(`Of ${toCount(runs, 'run')} (seed ${seed}):`, columns),
    ...outcomes.flatMap(({ outcome, chance, timeMs, exposed: met, harmed }) => [
      ...wrap(paint[outcome](`${toChance(chance)} ${OUTCOMES[outcome]}`), columns, '  '),
      ...wrap(
        `after ${toDuration(timeMs.p50)}; in 8 of 10 runs ${toDuration(timeMs.p10)} to ${toDuration(timeMs.p90)}`,
        columns,
        '      ',
      ),
      ...wrap(
        `${count(met.p50)} visitors got the new version; in 8 of 10 runs ${count(met.p10)} to ${count(met.p90)}`,
        columns,
        '      ',
      ),
      ...wrap(
        `${count(harmed.p50)} of them met a failure or another harm; in 8 of 10 runs ${count(harmed.p10)} to ${count(harmed.p90)}`,
        columns,
        '      ',
      ),
    ]),
    ...(outcomes.length > 1
      ? wrap(
          `Over all runs ${count(exposed.mean)} visitors get the new version on average.`,
          columns,
          '  ',
        )
      : []),
    '',
    ...wrap(`Run ${example.run}, one like many: ${OUTCOMES[example.outcome]}`, columns),
    '',
    ...drawWeights(example.rows, example.durationMs, columns, style),
    '',
    ...example.rows.flatMap(({ atMs, to, reason }) => [
      ...wrap(`${toDuration(atMs)}: ${to}`, columns),
      ...wrap(style.dim(reason), columns, '  '),
    ]),
  ]
}

/** One decimal near 0 and 100 %, so that a rare outcome is not printed as 0 % and a likely one not as 100 %. */
function toChance(chance: number): string {
  const percent = Math.round(chance * 1000) / 10
  return `${percent.toFixed(percent < 10 || (percent > 90 && percent < 100) ? 1 : 0)} %`
}

/** The canary has `weight` percent from `atMs` on. */
type Change = { readonly atMs: number; readonly weight: number }

/** A wider picture would show no more. */
const WIDEST = 72
const NARROWEST = 10

/**
 * The weight of the canary over time as a picture of letters, for any terminal: a line for each weight,
 * a column for each stretch of time.
 *
 * @param endMs when the last weight ends; the picture is as wide as `columns` allow.
 */
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
