// Compares pairs of servers: measures all of them in turn, with the CPU time of each server per turn.

import type { Loaded } from './load.ts'
import { type AimBy, type Comparison, type Taken, toComparison, type Unit } from './results.ts'
import { interleave, type Turn } from './rounds.ts'

export type Pair = {
  readonly name: string
  readonly unit: Unit
  readonly ours: Side
  readonly theirs: Side
  /** The ratio to reach. */
  readonly atLeast?: number
  /** Which ratio is to reach it: that of the rates when left out. */
  readonly aimBy?: AimBy
}
type Side = { readonly name: string; readonly turn: Turn<Taken> }

/** Returns the comparisons in the order of `pairs`, whose names must be unique. */
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
  return pairs.map(({ name, unit, ours, theirs, atLeast, aimBy }) =>
    toComparison(
      name,
      unit,
      { name: ours.name, turns: taken[`${name}: ours`] ?? [] },
      { name: theirs.name, turns: taken[`${name}: theirs`] ?? [] },
      atLeast,
      aimBy,
    ),
  )
}

/** A turn on a server in its own process. `size` is the number of units of one thing that `measure` counts. */
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
