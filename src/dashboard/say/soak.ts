// Soaks in words, and the points of their curve. Pure.

import { getOwn } from '../../core/own.ts'
import type { KeptSoak } from '../../wire/soak.ts'
import { toPercentLabel, toRateLabel, toSpanLabel } from './format.ts'
import type { Tone } from './sentence.ts'

/** A step takes some minutes at most: a soak that tells nothing for longer was killed. */
const SILENT_MS = 15 * 60_000

export type SoakSentence = { readonly tone: Tone; readonly text: string }

/** What came out, or how far it has got. */
export function toSoakSentence(soak: KeptSoak, now: number): SoakSentence {
  const { to, outcome, found, max, steps, toldAt } = soak
  const last = steps.at(-1)
  switch (outcome) {
    case 'suffers':
      return {
        tone: 'warn',
        text: found
          ? `${to} began to suffer at about ${toPercentLabel(found.percent)} (${toRateLabel(found.load)}).`
          : `${to} began to suffer.`,
      }
    case 'sound':
      return {
        tone: 'good',
        text: `${to} did not suffer at ${toPercentLabel(max)}${last ? ` (${toRateLabel(last.load)})` : ''}.`,
      }
    case 'running':
      if (now - toldAt > SILENT_MS) {
        const text = `The soak has told nothing for ${toSpanLabel(now - toldAt)}: its command was probably killed.`
        return { tone: 'warn', text }
      }
      return {
        tone: 'calm',
        text: `The load of ${to} is being raised${last ? `: ${toPercentLabel(last.percent)} was ${last.verdict}` : ''}.`,
      }
    default:
      return {
        tone: 'warn',
        text: `The soak ended before it found a load: ${getOwn(ENDS, outcome) ?? outcome}.`,
      }
  }
}

const ENDS: Readonly<
  Record<Exclude<KeptSoak['outcome'], 'suffers' | 'sound' | 'running'>, string>
> = {
  base: 'the base itself began to fail',
  unreached: 'isolates had no budget for more copies',
  unknown: 'too little was compared',
  frozen: 'releases were frozen',
  changed: 'somebody changed the shadow or a version',
  stopped: 'the command was stopped',
}

export type SoakPoint = {
  /** Percent of the requests that the shadow chooses. */
  readonly percent: number
  /** Percent of the copies without an answer or with a 5xx. */
  readonly failed: number | null
  /** Percent of the comparisons in which the shadow was much later. */
  readonly late: number | null
}

/** By load, ascending. */
export function toSoakCurve({ steps }: Pick<KeptSoak, 'steps'>): readonly SoakPoint[] {
  const toPercent = (count: number, of: number) => (of === 0 ? null : (count * 100) / of)
  return [...steps]
    .sort((one, other) => one.percent - other.percent)
    .map(({ percent, copied, repeated, compared, failed, late }) => ({
      percent,
      failed: toPercent(failed, copied + repeated),
      late: toPercent(late, compared),
    }))
}
