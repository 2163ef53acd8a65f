// The bounds on experiments, and how their visitors are named where counts are.

/** Metrics of one experiment: more would share the chance of an error, and none would show anything. */
export const MAX_EXPERIMENT_METRICS = 10

/**
 * Variants that are compared with a base, over all experiments of a document: each comparison remembers up to
 * some 10 MB of visitors in the control.
 */
export const MAX_COMPARISONS = 4

/**
 * Visitors of an experiment are counted as if its flag were an environment, and each variant a version that is in
 * it. No environment has a space in its name.
 */
const PREFIX = 'flag '

export function toExperimentPlace(flag: string): string {
  return PREFIX + flag
}

export function isExperimentPlace(environment: string): boolean {
  return environment.startsWith(PREFIX)
}
