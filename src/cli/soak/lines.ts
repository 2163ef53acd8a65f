// A soak as lines for people.

import type { SoakStep } from '../../core/shadow/soak.ts'
import type { Soak } from '../../wire/soak.ts'
import { toTable } from '../table.ts'
import { toCount, toPercentText } from '../words.ts'

export function toSoakLines(soak: Soak, columns: number | undefined): string[] {
  const rows = soak.steps.map((step) => [
    toPercentText(step.percent),
    toRate(step.load),
    toSent(step).toLocaleString('en-US'),
    toShare(step.failed, toSent(step)),
    toShare(step.late, step.compared),
    toVerdict(step),
  ])
  const titles = ['load', 'copies/s', 'copies', 'failed', 'late', 'verdict']
  const table = rows.length === 0 ? [] : ['', ...toTable(titles, rows, columns), '']
  return [...table, toSentence(soak)]
}

/** One step, when it ends. */
export function toStepLine(step: SoakStep): string {
  return `${toPercentText(step.percent)}, ${toRate(step.load)} copies a second: ${toVerdict(step)}`
}

function toSentence({ to, shadow, outcome, found, steps, max }: Soak): string {
  const backend = `${to} (${shadow})`
  const good = steps
    .filter(({ verdict }) => verdict === 'good')
    .reduce<SoakStep | undefined>(
      (best, one) => (best && best.load > one.load ? best : one),
      undefined,
    )
  const bore = good
    ? `it bore ${toPercentText(good.percent)} (${toRate(good.load)} requests per second)`
    : 'no load was found good'
  switch (outcome) {
    case 'suffers':
      return `${backend} began to suffer at about ${toPercentText(found?.percent ?? 0)} (${toRate(found?.load ?? 0)} requests per second)`
    case 'sound':
      return `${backend} did not suffer up to ${toPercentText(max)} (${toRate(good?.load ?? 0)} requests per second)`
    case 'base':
      return `Ended, because the base failed; ${bore}`
    case 'unreached':
      return `Ended, because isolates had no budget for more copies; ${bore}`
    case 'unknown':
      return `Ended, because there is too little traffic to say more; ${bore}`
    case 'frozen':
      return `Ended by a freeze; ${bore}`
    case 'changed':
      return `Ended, because somebody else changed the shadow or a version; ${bore}`
    default:
      return `Stopped; ${bore}`
  }
}

function toVerdict({ verdict, compared, skipped, baseFailed }: SoakStep): string {
  switch (verdict) {
    case 'bad':
      return 'suffers'
    case 'base':
      return `the base failed ${baseFailed} times`
    case 'unreached':
      return `${toCount(skipped, 'copy', 'copies')} had no budget`
    case 'unknown':
      return `only ${compared} compared`
    default:
      return verdict
  }
}

function toSent({ copied, repeated }: SoakStep): number {
  return copied + repeated
}

function toShare(count: number, of: number): string {
  return count === 0 ? '0' : `${count} (${toPercentText((100 * count) / Math.max(1, of))})`
}

/** Three digits, as `0.25`, `7.5`, `120`. */
function toRate(perSecond: number): string {
  return Number(perSecond.toPrecision(3)).toLocaleString('en-US')
}
