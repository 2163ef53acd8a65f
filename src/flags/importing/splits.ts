// Turns percentages into flagd's `fractional`, and says what that means for visitors: it hashes
// otherwise than the systems flags come from, so that a visitor's place is drawn again. A split in which
// one side has everything becomes a constant, and nobody notices.
//
// flagd: murmur3 of the bucketing value, or of flag key and targeting key without one, times the sum of
// the weights, divided by 2^32 (open-feature/flagd, docs/reference/specifications/custom-operations/
// fractional-operation-spec.md).

import { TARGETING_KEY } from './attributes.ts'
import type { FlagDraft } from './draft.ts'
import type { FlagLogic } from './flag-file.ts'

/** A part of the visitors: its value (a variant, or whether it is in) and weight. */
export type Share = { readonly value: string | boolean; readonly weight: number }

/** What visitors are told apart by. */
export type SplitBy = {
  /** For people. */
  readonly name: string
  /** The value to hash; flagd's own (flag key and targeting key) if left out. */
  readonly bucketing?: FlagLogic
}

/** By flag key and targeting key, as flagd does without a bucketing value. */
export function byTargetingKey(draft: FlagDraft): SplitBy {
  draft.reads.add(TARGETING_KEY)
  return { name: TARGETING_KEY }
}

/** By a value of the context, mixed with the flag's key. */
export function byAttribute(value: FlagLogic, name: string): SplitBy {
  return { name, bucketing: { cat: [{ var: '$flagd.flagKey' }, value] } }
}

/**
 * By a value of the context mixed with a seed: all splits with the seed draw the same place, and
 * splits with other seeds are independent of them. Whoever has no targeting key is at the place of an
 * empty one, because `cat` fails on nothing.
 */
export function bySeed(seed: string, value: FlagLogic, name = TARGETING_KEY): SplitBy {
  const isTargetingKey = JSON.stringify(value) === JSON.stringify({ var: TARGETING_KEY })
  const text = isTargetingKey ? { var: [TARGETING_KEY, ''] } : value
  return { name, bucketing: { cat: [`${seed}:`, text] } }
}

/** The split, recorded in the draft as one that deals visitors out anew; a constant if nothing is split. */
export function split(
  draft: FlagDraft,
  where: string,
  shares: readonly Share[],
  by: SplitBy,
): FlagLogic {
  const open = joinNeighbours(shares.filter(({ weight }) => weight > 0))
  const [first, ...others] = open
  if (!first) return false
  if (others.length === 0) return first.value
  draft.dealtAnew.push(`${where}: ${toSentence(open, by.name)}`)
  return toFractional(open, by)
}

function toFractional(shares: readonly Share[], { bucketing }: SplitBy): FlagLogic {
  const weights = toRoundWeights(shares.map(({ weight }) => weight))
  const parts = shares.map(({ value }, index) => [value, weights[index] ?? 0])
  return { fractional: bucketing === undefined ? parts : [bucketing, ...parts] }
}

function joinNeighbours(shares: readonly Share[]): Share[] {
  const joined: Share[] = []
  for (const share of shares) {
    const last = joined.at(-1)
    if (last?.value === share.value) {
      joined[joined.length - 1] = { value: share.value, weight: last.weight + share.weight }
    } else {
      joined.push(share)
    }
  }
  return joined
}

/** The smallest whole weights in the same proportion that add up to 100, 1,000, 10,000 or 100,000, else to any sum. */
function toRoundWeights(weights: readonly number[]): number[] {
  const divisor = weights.reduce(toGreatestDivisor)
  const least = weights.map((weight) => weight / divisor)
  const sum = least.reduce((total, weight) => total + weight, 0)
  const round = [100, 1_000, 10_000, 100_000].find((total) => total % sum === 0) ?? sum
  return least.map((weight) => (weight * round) / sum)
}

function toGreatestDivisor(one: number, other: number): number {
  return other === 0 ? one : toGreatestDivisor(other, one % other)
}

/** Old and new place are independent, so that a value of share p keeps p of its visitors. */
function toSentence(shares: readonly Share[], by: string): string {
  const sum = shares.reduce((total, { weight }) => total + weight, 0)
  const byValue = new Map<string | boolean, number>()
  for (const { value, weight } of shares) {
    byValue.set(value, (byValue.get(value) ?? 0) + weight / sum)
  }
  const parts = [...byValue].map(([value, share]) => `${toName(value)} ${toPercent(share)}`)
  const kept = [...byValue.values()].reduce((total, share) => total + share * share, 0)
  return `${parts.join(', ')} by ${by}: the shares stay, but visitors are dealt out anew, and about ${toPercent(1 - kept)} of them get another answer`
}

function toName(value: string | boolean): string {
  if (typeof value === 'string') return `"${value}"`
  return value ? 'in' : 'out'
}

function toPercent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`
}
