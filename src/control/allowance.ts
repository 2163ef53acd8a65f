// A rate limit: a burst at once, then one call per interval. Its whole state is one number, so that it
// can be stored. This is the generic cell rate algorithm (ITU-T I.371, annex A).

export type Allowance = {
  /** How many calls may follow each other without a pause. */
  readonly burst: number
  /** The interval: how many milliseconds one call costs. */
  readonly costMs: number
}

/**
 * When the next call is allowed, in milliseconds since the epoch. `debt` is the last result of
 * `charge`.
 */
export function allowedAt(debt: number, { burst, costMs }: Allowance): number {
  return debt - (burst - 1) * costMs
}

/** The new debt after a call at `now`. The first debt is 0. */
export function charge(debt: number, now: number, { costMs }: Allowance): number {
  return Math.max(debt, now) + costMs
}
