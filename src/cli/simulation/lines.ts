// What a simulation says, for people: the chances first, then one run with its picture.

import { toDuration } from '../../core/amounts.ts'
import type { SimulateResult } from '../../wire/simulation.ts'
import type { NamedPlan } from '../plan.ts'
import { type Style, wrap } from '../terminal.ts'
import { toCount } from '../words.ts'
import { drawWeights } from './picture.ts'

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

/** A chance that was seen in some runs is neither nothing nor certain. */
function toChance(chance: number): string {
  const percent = Math.round(chance * 1000) / 10
  return `${percent.toFixed(percent < 10 || (percent > 90 && percent < 100) ? 1 : 0)} %`
}
