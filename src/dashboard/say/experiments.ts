// What is said of an experiment beside the sentences of the API: shares of its variants, and whether visitors arrive
// in them. Pure.

import type { ReplyOf } from '../api/client.ts'

export type ExperimentItem = ReplyOf<'GET /experiments'>['experiments'][number]
export type ExperimentOutcome = ExperimentItem['comparisons'][number]['outcome']

/** A variant of the split. @param visitors exposed ones, about; `undefined` where it is not compared. */
export type ExperimentVariant = {
  readonly variant: string
  readonly isBase: boolean
  readonly percent: number
  readonly visitors: number | undefined
}

export function listExperimentVariants({
  base,
  weights,
  comparisons,
}: ExperimentItem): readonly ExperimentVariant[] {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  const visitors = new Map([
    ...comparisons.map(({ variant, visitors: [, its] }) => [variant, its] as const),
    ...comparisons.slice(0, 1).map(({ visitors: [its] }) => [base, its] as const),
  ])
  return Object.entries(weights).map(([variant, weight]) => ({
    variant,
    isBase: variant === base,
    percent: total === 0 ? 0 : (weight * 100) / total,
    visitors: visitors.get(variant),
  }))
}

export const VERDICT_WORDS: Readonly<Record<ExperimentOutcome, string>> = {
  better: 'better',
  worse: 'worse',
  unknown: 'not known yet',
  uneven: 'uneven',
}

/** The sample ratio, in words; `undefined` before the first visitor. */
export function toSampleRatioText({ comparisons }: ExperimentItem): string | undefined {
  const uneven = comparisons.filter(({ outcome }) => outcome === 'uneven')
  if (uneven.length > 0) return 'Visitors do not arrive in the shares of the split.'
  const isMet = comparisons.some(({ visitors }) => visitors.some((count) => count > 0))
  return isMet ? 'Visitors arrive in the shares of the split.' : undefined
}
