// At which load the backend of a shadow begins to suffer: raises the load in steps, judges each one by the judge's
// evidence, and narrows the load down between the last good step and the first bad one. The caller makes the load.

import { type Tally, toEvidence, toLogE, toWorse } from '../judge/evidence.ts'
import { MIN_CLIENTS } from '../judge/sets.ts'
import type { ShadowCounts } from './reports.ts'

/** The first load if nothing else is said, in percent of the requests that the shadow's fields choose. */
export const FIRST_PERCENT = 10

/** The lowest load that makes sense; where even this one is bad, there is nothing left to narrow down. */
export const LEAST_PERCENT = 0.5

/** Each request is copied ten times at most. */
export const MAX_PERCENT = 1000

/** Each load is so many times the one before, until one is bad. */
const GROWTH = 1.5

/** The search ends when the bad load is at most so many times the good one. */
const PRECISION = 1.08

/** Loads of one soak at most; 1000 % and the narrowing need fewer. */
export const MAX_SOAK_STEPS = 30

/** How many times a load is made until enough was compared. */
const MAX_TRIES = 10

/** The probability that a step of a backend that is no worse than the base is called bad, 0 to 1. */
const ALPHA = 0.001

/** Comparisons without which a step is not called good: with fewer, a load a tenth too high may pass unnoticed. */
const MIN_COMPARED = 300

/** The share of copies that had no budget, 0 to 1, from which on the load counts as not reached. */
const MAX_SKIPPED = 0.02

/** The base is asked again for each copied read: if so large a share of it fails, visitors may suffer. */
const MAX_BASE_FAILED = 0.05
const MIN_BASE_FAILED = 10

/** What a step counted, and how long it was. */
export type SoakCounts = Pick<ShadowCounts, (typeof SOAK_COUNTS)[number]> & {
  readonly seconds: number
}

export const SOAK_COUNTS = [
  'copied',
  'repeated',
  'skipped',
  'compared',
  'failed',
  'baseFailed',
  'late',
  'baseLate',
] as const

export const SOAK_VERDICTS = ['good', 'bad', 'base', 'unreached', 'unknown'] as const

/** `base`: the base fails; `unreached`: copies were left out for lack of budget; `unknown`: too few were compared. */
export type SoakVerdict = (typeof SOAK_VERDICTS)[number]

export type SoakStep = SoakCounts & {
  /** Above 100 by repetition. */
  readonly percent: number
  /** Copies that were sent in a second. */
  readonly load: number
  readonly verdict: SoakVerdict
}

/** A load in both its measures. */
export type SoakLoad = Pick<SoakStep, 'percent' | 'load'>

export type SoakResult = {
  /** `suffers`: it was found; `sound`: not even the highest load was bad; the others say what ended it. */
  readonly outcome: 'suffers' | 'sound' | 'base' | 'unreached' | 'unknown'
  readonly steps: readonly SoakStep[]
  /** Where it began to suffer: between the first bad load and the last good one, which is 0 if none was. */
  readonly found?: SoakLoad
}

/**
 * What one step says. Each bad answer is the toss of a coin between shadow and base: for failures with the share of
 * all requests that the shadow got, and for lateness with one half, because only pairs are compared.
 */
export function judgeStep(counts: SoakCounts): SoakVerdict {
  const { copied, repeated, skipped, compared, failed, baseFailed, late, baseLate } = counts
  if (baseFailed >= MIN_BASE_FAILED && baseFailed > MAX_BASE_FAILED * compared) return 'base'
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

export type SoakOptions = {
  /** The first load, and the highest one, in percent. */
  readonly first: number
  readonly max: number
  /** Makes a load for the length of a step and tells what was counted. */
  readonly measure: (percent: number) => Promise<SoakCounts>
  /** Called after each step. */
  readonly tell: (step: SoakStep) => unknown
}

/** Runs the steps one after the other. Rejects with what `measure` or `tell` rejects. */
export async function runSoak({ first, max, measure, tell }: SoakOptions): Promise<SoakResult> {
  const steps: SoakStep[] = []
  let percent: number | undefined = Math.min(first, max)
  while (percent !== undefined && steps.length < MAX_SOAK_STEPS) {
    const step = await makeStep(percent, measure)
    steps.push(step)
    await tell(step)
    percent = choosePercent(steps, max)
  }
  return toResult(steps)
}

/** Makes a load until enough was compared, or it is clear that it never will be. */
async function makeStep(percent: number, measure: SoakOptions['measure']): Promise<SoakStep> {
  let counts = await measure(percent)
  for (let tries = 1; judgeStep(counts) === 'unknown' && tries < MAX_TRIES; tries++) {
    if (counts.compared * MAX_TRIES < MIN_COMPARED * tries) break
    counts = addCounts(counts, await measure(percent))
  }
  const { copied, repeated, seconds } = counts
  return { ...counts, percent, load: (copied + repeated) / seconds, verdict: judgeStep(counts) }
}

function addCounts(some: SoakCounts, more: SoakCounts): SoakCounts {
  const sums = SOAK_COUNTS.map((name) => [name, some[name] + more[name]] as const)
  return { ...(Object.fromEntries(sums) as SoakCounts), seconds: some.seconds + more.seconds }
}

/** The load of the next step; `undefined` if there is none. */
function choosePercent(steps: readonly SoakStep[], max: number): number | undefined {
  const last = steps.at(-1)
  if (!last || isOpen(last.verdict)) return undefined
  const { good, bad } = toBounds(steps)
  if (!bad) return last.percent >= max ? undefined : toPercent(last.percent * GROWTH, max)
  const low = good?.percent ?? 0
  if (bad.percent <= LEAST_PERCENT || bad.percent <= low * PRECISION) return undefined
  const middle = toPercent((low + bad.percent) / 2, max)
  return middle > low && middle < bad.percent ? middle : undefined
}

/** Whether a step ends the search, and says neither good nor bad. */
function isOpen(verdict: SoakVerdict): verdict is 'base' | 'unreached' | 'unknown' {
  return verdict !== 'good' && verdict !== 'bad'
}

function toPercent(percent: number, max: number): number {
  return Math.min(max, Math.round(percent * 10) / 10)
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
  if (isOpen(last)) return { outcome: last, steps }
  if (!bad) return { outcome: 'sound', steps }
  const middle = (name: keyof SoakLoad) => ((good?.[name] ?? 0) + bad[name]) / 2
  return {
    outcome: 'suffers',
    steps,
    found: { percent: middle('percent'), load: middle('load') },
  }
}

/**
 * The fields of a shadow that make a load: above 100 % each request is copied several times.
 *
 * @param percent above 0, at most MAX_PERCENT.
 */
export function toLoadFields(percent: number): {
  readonly percent: number
  readonly repeat: number
} {
  const repeat = Math.ceil(percent / 100)
  return { percent: Math.round((percent / repeat) * 100) / 100, repeat }
}
