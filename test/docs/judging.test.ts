// The worked example of docs/judging.md is what the judge itself makes of these windows.

import { describe, expect, it } from 'vitest'
import { toMarkdownTable } from '../../scripts/markdown.ts'
import {
  addCounts,
  type Counts,
  noEvidence,
  toLogE,
  WORSE,
  WORSE_THAN_BASE,
} from '../../src/core/judge/counts.ts'
import { addToLikelihood, NO_LIKELIHOOD, toRatioRange } from '../../src/core/judge/ratio.ts'
import { expectShownInDocs } from '../support/shown-in-docs.ts'

const ALPHA = 0.01

/** Visitors and failures of the base, then of the canary. */
const WINDOWS: readonly Counts[] = [
  [950, 10, 50, 2],
  [940, 9, 48, 3],
  [960, 0, 50, 0],
  [945, 11, 51, 2],
  [950, 8, 49, 4],
]

type Look = { readonly times3: number; readonly evidence: number; readonly range: string }

function judge(windows: readonly Counts[]): readonly Look[] {
  let evidence = noEvidence(WORSE_THAN_BASE)
  let likelihood = NO_LIKELIHOOD
  return windows.map((counts) => {
    evidence = addCounts(WORSE_THAN_BASE, evidence, counts)
    likelihood = addToLikelihood(likelihood, counts)
    const { low, high } = toRatioRange(likelihood, ALPHA)
    return {
      times3: Math.exp(evidence[WORSE.indexOf(3)] ?? Number.NaN),
      evidence: Math.exp(toLogE(evidence)),
      range: `${low === 0 ? '0' : low.toFixed(1)} to ${high === null ? 'any' : high.toFixed(1)}`,
    }
  })
}

function toShown(value = Number.NaN): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 })
}

describe('the example of docs/judging.md', () => {
  const looks = judge(WINDOWS)

  it('shows what the judge makes of its windows', () => {
    const rows = WINDOWS.map(([baseVisitors, baseFailures, canaryVisitors, canaryFailures], i) => [
      `${i + 1}`,
      `${baseFailures} of ${baseVisitors}`,
      `${canaryFailures} of ${canaryVisitors}`,
      toShown(looks[i]?.times3),
      toShown(looks[i]?.evidence),
      looks[i]?.range ?? '',
    ])
    const head = ['window', 'base: failed', 'canary: failed', '3 times', 'E', 'range of the ratio']
    expectShownInDocs('docs/judging.md', 'judged-windows', toMarkdownTable(head, rows))
  })

  it('takes the release back in the last window and not before', () => {
    expect(looks.map(({ evidence }) => evidence >= 1 / ALPHA)).toEqual(
      WINDOWS.map((_, i) => i === WINDOWS.length - 1),
    )
  })

  it('counts the visitors of the canary that the text names', () => {
    const visitors = WINDOWS.reduce((sum, [, , canaryVisitors]) => sum + canaryVisitors, 0)
    expect(visitors).toBe(248)
  })
})
