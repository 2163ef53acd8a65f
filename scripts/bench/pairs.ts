// Comparisons of two servers each: all of them in turn, and what every turn took of the CPU of the
// server it loaded.

import type { Loaded } from './load.ts'
import { type Comparison, type Taken, toComparison, type Unit } from './results.ts'
import { interleave, type Turn } from './rounds.ts'

export type Pair = {
  readonly name: string
  readonly unit: Unit
  readonly ours: Side
  readonly theirs: Side
  /** The ratio that is aimed at. */
  readonly atLeast?: number
}
type Side = { readonly name: string; readonly turn: Turn<Taken> }

/** In the order of `pairs`, whose names differ. */
export async function comparePairs(
  pairs: readonly Pair[],
  rounds: number,
  report: (round: number) => void,
): Promise<Comparison[]> {
  const turns = pairs.flatMap(({ name, ours, theirs }) => [
    [`${name}: theirs`, theirs.turn],
    [`${name}: ours`, ours.turn],
  ])
  const taken: Readonly<Record<string, readonly Taken[]>> = await interleave<string, Taken>(
    Object.fromEntries(turns),
    rounds,
    report,
  )
  return pairs.map(({ name, unit, ours, theirs, atLeast }) =>
    toComparison(
      name,
      unit,
      { name: ours.name, turns: taken[`${name}: ours`] ?? [] },
      { name: theirs.name, turns: taken[`${name}: theirs`] ?? [] },
      atLeast,
    ),
  )
}

/** A turn on a server of its own process. Each of what `measure` counts is `size` units. */
export function toTurn(
  { readCpuMs }: { readonly readCpuMs: () => number | undefined },
  measure: () => Promise<Loaded>,
  size = 1,
): Turn<Taken> {
  return async () => {
    const before = readCpuMs()
    const { perSecond, count } = await measure()
    const after = readCpuMs()
    const cpuMs = before === undefined || after === undefined ? undefined : after - before
    return {
      perSecond: perSecond * size,
      cpuMicros: cpuMs === undefined ? undefined : (cpuMs * 1000) / (count * size),
    }
  }
}
