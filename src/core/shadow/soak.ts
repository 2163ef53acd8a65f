// At which load the backend of a shadow begins to suffer: raises the load in steps, judges each one by the judge's
// evidence, and narrows the load down between the last good step and the first bad one. The caller makes the load.

import { type Tally, toEvidence, toLogE, toWorse } from '../judge/evidence.ts'
import { MIN_CLIENTS } from '../judge/sets.ts'
import type { ShadowCounts } from './reports.ts'

/** The first load, in percent of the requests that the shadow's fields choose. */
const FIRST_PERCENT = 10

/** Each load is so many times the one before, until one is bad. */
const GROWTH = 1.5

/** The search ends when the bad load is at most so many times the good one. */
const PRECISION = 1.08

/** Where even this load is bad, there is nothing left to narrow down. */
const LEAST_PERCENT = 0.5

/** Steps of one soak at most; 1000 % and the narrowing need fewer. */
export const MAX_SOAK_STEPS = 30

/** The probability that a step of a backend that is no worse than the base is called bad, 0 to 1. */
const ALPHA = 0.001

/** Comparisons without which a step says nothing. */
const MIN_COMPARED = 30

/** The share of copies that had no budget, 0 to 1, from which on the load counts as not reached. */
const MAX_SKIPPED = 0.02

/** What a step counted, and how long it was. */
export type SoakCounts = Pick<
  ShadowCounts,
  'copied' | 'repeated' | 'skipped' | 'compared' | 'failed' | 'baseFailed' | 'late' | 'baseLate'
> & { readonly seconds: number }

/** `unreached`: copies were left out for lack of budget; `unknown`: too few were compared. */
export type SoakVerdict = 'good' | 'bad' | 'unreached' | 'unknown'

export type SoakStep = SoakCounts & {
  /** Above 100 by repetition. */
  readonly percent: number
  /** Copies that were sent in a second. */
  readonly load: number
  readonly verdict: SoakVerdict
}

export type SoakResult = {
  /** `suffers`: it was found; `sound`: not even the highest load was bad; the others say what ended it. */
  readonly outcome: 'suffers' | 'sound' | 'unreached' | 'unknown'
  readonly steps: readonly SoakStep[]
  /** Copies in a second: the last good load (0 if none was), the first bad one, and what lies between them. */
  readonly good: number
  readonly bad: number | null
  readonly rate: number | null
}

/**
 * What one step says. Each bad answer is the toss of a coin between shadow and base: for failures with the share of
 * all requests that the shadow got, and for lateness with one half, because only pairs are compared.
 */
export function judgeStep(counts: SoakCounts): SoakVerdict {
  const { copied, repeated, skipped, compared, failed, baseFailed, late, baseLate } = counts
  const sent = copied + repeated
  const failures = { share: sent / Math.max(1, sent + compared), base: baseFailed, canary: failed }
  const lateness = { share: 0.5, base: baseLate, canary: late }
  // A bad step is bad at whichever load it was.
  if (compared > 0 && (isWorse(failures) || isWorse(lateness))) return 'bad'
  if (skipped > MAX_SKIPPED * (sent + skipped)) return 'unreached'
  return compared < MIN_COMPARED ? 'unknown' : 'good'
}

function isWorse(tally: Tally): boolean {
  const hypothesis = toWorse('more', 1)
  // Alpha is split among failures and lateness.
  const threshold = Math.log(2 / ALPHA)
  return (
    tally.canary >= MIN_CLIENTS && toLogE(hypothesis, toEvidence(hypothesis, [tally])) >= threshold
  )
}

/**
 * Runs the steps one after the other.
 *
 * @param maxPercent the highest load, above 0.
 * @param measure makes a load for the length of a step and tells what was counted.
 * @param tell called after each step.
 */
export async function runSoak(
  maxPercent: number,
  measure: (percent: number) => Promise<SoakCounts>,
  tell: (step: SoakStep) => void,
): Promise<SoakResult> {
  const steps: SoakStep[] = []
  let percent: number | undefined = Math.min(FIRST_PERCENT, maxPercent)
  while (percent !== undefined && steps.length < MAX_SOAK_STEPS) {
    const counts = await measure(percent)
    const load = (counts.copied + counts.repeated) / counts.seconds
    const step: SoakStep = { ...counts, percent, load, verdict: judgeStep(counts) }
    steps.push(step)
    tell(step)
    percent = choosePercent(steps, maxPercent)
  }
  return toResult(steps)
}

/** The load of the next step; `undefined` if there is none. */
function choosePercent(steps: readonly SoakStep[], maxPercent: number): number | undefined {
  const last = steps.at(-1)
  if (!last || last.verdict === 'unreached' || last.verdict === 'unknown') return undefined
  const { good, bad } = toBounds(steps)
  if (!bad)
    return last.percent >= maxPercent ? undefined : toStep(last.percent * GROWTH, maxPercent)
  const low = good?.percent ?? 0
  if (bad.percent <= LEAST_PERCENT || bad.percent <= low * PRECISION) return undefined
  const middle = toStep((low + bad.percent) / 2, maxPercent)
  return middle > low && middle < bad.percent ? middle : undefined
}

/** With one decimal, so that each repetition of it has two at most. */
function toStep(percent: number, maxPercent: number): number {
  return Math.min(maxPercent, Math.round(percent * 10) / 10)
}

/** The lowest bad step, and the highest good one below it. */
function toBounds(steps: readonly SoakStep[]) {
  const of = (verdict: SoakVerdict) =>
    steps.filter((step) => step.verdict === verdict).sort((a, b) => a.percent - b.percent)
  const bad = of('bad')[0]
  const good = of('good')
    .filter(({ percent }) => !bad || percent < bad.percent)
    .at(-1)
  return { good, bad }
}

function toResult(steps: readonly SoakStep[]): SoakResult {
  const { good, bad } = toBounds(steps)
  const last = steps.at(-1)?.verdict ?? 'unknown'
  const isOpen = last === 'unreached' || last === 'unknown'
  const low = good?.load ?? 0
  if (!bad) return { outcome: isOpen ? last : 'sound', steps, good: low, bad: null, rate: null }
  const rate = (low + bad.load) / 2
  return { outcome: isOpen ? last : 'suffers', steps, good: low, bad: bad.load, rate }
}
