// What a rollout counted of each segment of the visitors, for people and for whoever reads counts.

import { isLargeEnough } from '../../core/judge/segments.ts'
import { isWithBaseline } from '../../core/rollout/state.ts'
import type { ComparedSegments } from '../../wire/metrics.ts'
import type { RolloutStatus } from '../../wire/rollouts.ts'
import type { Rollout } from './store.ts'

/** In the order of their names; `undefined` where visitors are not told apart. */
export function toSegments({
  segments,
  plan,
  metrics,
}: Rollout['state']): RolloutStatus['segments'] {
  if (!segments) return undefined
  return Object.entries(segments)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, segment]) => {
      const met = metrics.flatMap(({ sets }, i) => {
        const set = sets.find((one) => one.segment === name)
        return set ? [[plan.metrics[i]?.name ?? '', set.visitors] as const] : []
      })
      return {
        ...{ name, visitors: segment.visitors, judged: isLargeEnough(segment) },
        met: Object.fromEntries(met),
      }
    })
}

/** The same with the two sides; `undefined` where visitors are not told apart. */
export function toComparedSegments(rollout: Rollout): ComparedSegments | undefined {
  const { id, environment, base, baseline, state, seen } = rollout
  const segments = toSegments(state)
  if (!segments) return undefined
  const isOfBaseline = isWithBaseline(state, state.phase) && baseline !== undefined && seen.baseline
  return {
    rollout: id,
    base: isOfBaseline
      ? { environment: baseline, version: seen.baseline?.version ?? '' }
      : { environment: base, version: seen.baseVersion },
    canary: { environment, version: seen.version },
    segments,
  }
}
