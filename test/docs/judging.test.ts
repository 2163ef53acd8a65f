// The worked example of docs/judging.md is what the judge itself makes of these visitors.

import { describe, expect, it } from 'vitest'
import { toMarkdownTable } from '../../scripts/markdown.ts'
import {
  addTally,
  MORE,
  type Tally,
  toEvidence,
  toLogE,
  toWorse,
} from '../../src/core/judge/evidence.ts'
import { toRatioRange } from '../../src/core/judge/ratio.ts'
import { expectShownInDocs } from '../support/shown-in-docs.ts'

const ALPHA = 0.01

/** Visitors who failed for the first time, of the base and of the canary, which has 5 % of the buckets. */
const BLOCKS: readonly Tally[] = [
  { share: 0.05, base: 10, canary: 2 },
  { share: 0.05, base: 9, canary: 1 },
  { share: 0.05, base: 0, canary: 0 },
  { share: 0.05, base: 11, canary: 3 },
  { share: 0.05, base: 6, canary: 3 },
]

type Look = { readonly times3: number; readonly evidence: number; readonly range: string }

function judge(tallies: readonly Tally[]): Look {
  const evidence = toEvidence(toWorse('more', 1), tallies)
  const { low, high } = toRatioRange(tallies, ALPHA)
  return {
    times3: Math.exp(evidence[MORE.indexOf(3)] ?? Number.NaN),
    evidence: Math.exp(toLogE(toWorse('more', 1), evidence)),
    range: `${Number(low.toFixed(1))} to ${high === null ? 'any' : high.toFixed(1)}`,
  }
}

function toShown(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 })
}

describe('the example of docs/judging.md', () => {
  const looks = BLOCKS.map((_, i) =>
    judge(
      BLOCKS.slice(0, i + 1).reduce<Tally[]>((tallies, tally) => [...addTally(tallies, tally)], []),
    ),
  )

  it('shows what the judge makes of its visitors', () => {
    const rows = BLOCKS.map(({ base, canary }, i) => [
      `${i + 1}`,
      `${base}`,
      `${canary}`,
      toShown(looks[i]?.times3 ?? Number.NaN),
      toShown(looks[i]?.evidence ?? Number.NaN),
      looks[i]?.range ?? '',
    ])
    const head = ['block', 'base: failed', 'canary: failed', '3 times', 'E', 'range of the ratio']
    expectShownInDocs('docs/judging.md', 'judged-windows', toMarkdownTable(head, rows))
  })

  it('takes the release back in the last block and not before', () => {
    expect(looks.map(({ evidence }) => evidence >= 1 / ALPHA)).toEqual(
      BLOCKS.map((_, i) => i === BLOCKS.length - 1),
    )
  })

  it('has the two factors that the text names', () => {
    const [onCanary = 0, onBase = 0] = [
      toEvidence(toWorse('more', 1), [{ share: 0.05, base: 0, canary: 1 }]),
      toEvidence(toWorse('more', 1), [{ share: 0.05, base: 1, canary: 0 }]),
    ].map((evidence) => Math.exp(evidence[MORE.indexOf(3)] ?? Number.NaN))
    expect(onCanary).toBeCloseTo(2.73, 2)
    expect(onBase).toBeCloseTo(0.91, 2)
  })
})
