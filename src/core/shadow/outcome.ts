// What the answers to the copies of one request say: counts, and differences without and with the shadow.

import { compareAnswers, type ShadowAnswer } from './compare.ts'
import type { ShadowPlan } from './plan.ts'
import type { ShadowOutcome } from './tally.ts'

/** Two answers to the same copy, with as much of their bodies as tells whether they differ. */
export type AnswerPair = {
  /** `undefined` if there is nothing to compare with. */
  readonly base: ShadowAnswer | undefined
  readonly answer: ShadowAnswer
}

/** @param again the base's answer beside a second one of its own, if it was asked twice. */
export function toOutcome(
  { base, answer }: AnswerPair,
  again: AnswerPair | undefined,
  { compare }: ShadowPlan,
): Pick<ShadowOutcome, 'counts' | 'differences' | 'noise'> {
  const differences = base && compareAnswers(base, answer, compare)
  if (!base || !differences) return { counts: { copied: 1 } }
  const noise = again?.base && compareAnswers(again.base, again.answer, compare)
  const counts = {
    copied: 1,
    compared: 1,
    differing: differences.length > 0 ? 1 : 0,
    ...(noise ? { baselines: 1, noisy: noise.length > 0 ? 1 : 0 } : {}),
    baseFailed: isFailed(base) ? 1 : 0,
    ...toLateness(base, answer, compare.slowerMs),
    ...(answer.status === undefined
      ? {}
      : { timed: 1, baseMs: base.waitedMs, shadowMs: answer.waitedMs }),
  }
  return { counts, differences, ...(noise && { noise }) }
}

/** No answer, or one that says that the backend is in trouble. */
export function isFailed({ status }: ShadowAnswer): boolean {
  return status === undefined || status >= 500
}

function toLateness(base: ShadowAnswer, answer: ShadowAnswer, slowerMs: number) {
  if (base.status === undefined || answer.status === undefined) return {}
  const laterMs = answer.waitedMs - base.waitedMs
  return { late: laterMs >= slowerMs ? 1 : 0, baseLate: -laterMs >= slowerMs ? 1 : 0 }
}
