// The bounds on experiments, by what variants can be compared, and how their visitors are named where counts are.

import { findMetric } from '../counting/metrics.ts'

/** Metrics of one experiment: more would share the chance of an error, and none would show anything. */
export const MAX_EXPERIMENT_METRICS = 10

/**
 * Variants that are compared with a base, over all experiments of a document: each comparison remembers up to
 * some 10 MB of visitors in the control.
 */
export const MAX_COMPARISONS = 4

/** Bodies are watched for versions alone. */
const OF_BODIES = ['brokenBodies', 'errorBodies']

/** Whether variants of a flag can be compared by a metric; what browsers report is told of versions alone. */
export function isToldOfVariants(metric: string): boolean {
  return (findMetric(metric)?.source ?? 'browser') !== 'browser' && !OF_BODIES.includes(metric)
}

/**
 * Visitors of an experiment, or of the rollout of a flag, are counted as if its flag were an environment, and each variant a version that is in
 * it. No environment has a space in its name.
 */
const PREFIX = 'flag '

export function toExperimentPlace(flag: string): string {
  return PREFIX + flag
}

export function isExperimentPlace(environment: string): boolean {
  return environment.startsWith(PREFIX)
}

/** The flag of a place, which is one of `toExperimentPlace`. */
export function toExperimentFlag(place: string): string {
  return place.slice(PREFIX.length)
}
