// So many at once, and after that one in a time: the arithmetic of a brake that is one number, which
// can be stored. It is the generic cell rate algorithm (ITU-T I.371, annex A).

export type Allowance = {
  /** How many may follow on one another at once. */
  readonly burst: number
  /** Milliseconds until one more is allowed. */
  readonly costMs: number
}

/** When the next one is allowed, in milliseconds since the epoch; `debt` is what `charge` gave. */
export function allowedAt(debt: number, { burst, costMs }: Allowance): number {
  return debt - (burst - 1) * costMs
}

/** The debt after one more at `now`; it starts at 0. */
export function charge(debt: number, now: number, { costMs }: Allowance): number {
  return Math.max(debt, now) + costMs
}
