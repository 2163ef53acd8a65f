// Why the judge sees less than it could: visitors who arrive unevenly, most of whom are one client, or
// too few of whom are independent.

import { findWorstSet, type MetricState } from './metric.ts'
import { isLargeEnough, MIN_SEGMENT_VISITORS } from './segments.ts'
import {
  type Metric,
  MIN_CLIENTS,
  MIN_CLIENTS_IF_ALL_FAIL,
  mayCount,
  type SetState,
  type Surroundings,
  toClients,
} from './sets.ts'
import { toSegmentWords, toShort } from './words.ts'

/** Why the judge sees less than it could, as a code and in words. */
export type Blindness = {
  readonly kind: 'sampleRatio' | 'clients' | 'crowd' | 'oneSide'
  readonly reason: string
}

/** A larger share of all visitors is one client. */
const CROWD_SHARE = 0.5

/** Fewer visitors are no crowd. */
const CROWD_FROM = 20

/** Why the judge sees less than it could. */
export function findBlindness(
  metrics: readonly Metric[],
  states: readonly MetricState[],
  around: Surroundings,
): readonly Blindness[] {
  const blind: Blindness[] = []
  const [base, canary] = around.visitors
  if (around.isUneven) {
    const reason =
      'visitors do not arrive in the shares that they were given, so that the two versions cannot be compared well'
    blind.push({ kind: 'sampleRatio', reason })
  }
  if (around.crowd > CROWD_SHARE && base + canary >= CROWD_FROM) {
    const percent = Math.round(around.crowd * 100)
    const reason = `${percent} % of the visitors come from one address and count for a few clients only`
    blind.push({ kind: 'crowd', reason })
  }
  if (base >= CROWD_FROM && canary === 0 && around.present.length > 0) {
    blind.push({ kind: 'oneSide', reason: 'nobody has come to the new version yet' })
  }
  for (const [i, metric] of metrics.entries()) {
    const state = states[i]
    const set = state && findWorstSet(metric, state, toGenerous(around))
    if (!set || !isHeldBack(metric, set, around)) continue
    if (set.segment !== undefined && !isLargeEnough(around.segments?.[set.segment])) {
      blind.push({ kind: 'clients', reason: toFewText(metric, set.segment, around) })
      continue
    }
    const clients = toShort(toClients(set)[1])
    const reason = `"${metric.name}" looks worse, but only ${clients} independent ${clients === '1' ? 'client' : 'clients'} met it: ${MIN_CLIENTS} are needed, or ${MIN_CLIENTS_IF_ALL_FAIL} where all visitors of the new version do`
    blind.push({ kind: 'clients', reason })
  }
  return blind
}

/** The same as if there were enough visitors and clients wherever some met something. */
function toGenerous(around: Surroundings): Surroundings {
  if (!around.segments) return { ...around, visitors: [0, 0] }
  const segments = Object.entries(around.segments).map(([name, segment]) => [
    name,
    { ...segment, visitors: [0, 0] as const, known: MIN_SEGMENT_VISITORS },
  ])
  return { ...around, visitors: [0, 0], segments: Object.fromEntries(segments) }
}

function toFewText({ name }: Metric, segment: string, { segments }: Surroundings): string {
  const [base, canary] = segments?.[segment]?.known ?? [0, 0]
  const [baseNeeded, canaryNeeded] = MIN_SEGMENT_VISITORS
  return `"${name}" looks worse ${toSegmentWords(segment)}, but too few of these visitors are known, ${canary} of the new version and ${base} of the old one: ${canaryNeeded} and ${baseNeeded} are needed`
}

/** Whether a set would speak against the canary if more clients did. */
function isHeldBack(metric: Metric, set: SetState, around: Surroundings): boolean {
  if (mayCount(metric, set, around)) return false
  return set.worse.some((log, i) => log + (set.gain[i] ?? 0) > Math.log(20))
}
