// Evaluations of flags, counted by flag, variant and reason. Isolates count them, batches carry them, and the
// control adds them up.

export type FlagCount = {
  readonly flag: string
  /** Empty where the caller's own default counts. */
  readonly variant: string
  /** A reason of OpenFeature, or `ERROR`. */
  readonly reason: string
  readonly count: number
}

/** Different counts of one batch; evaluations beyond are counted as lost. */
export const MAX_BATCH_FLAG_COUNTS = 500

const MAX_NAME_CHARACTERS = 256
const REASON = /^[A-Z_]{1,32}$/

/** Whether a value that came from elsewhere has the shape and the size of a list of counts. */
export function isFlagCounts(value: unknown): value is readonly FlagCount[] {
  return Array.isArray(value) && value.length <= MAX_BATCH_FLAG_COUNTS && value.every(isFlagCount)
}

/** What tells one count from another. */
export function toFlagCountKey({ flag, variant, reason }: Omit<FlagCount, 'count'>): string {
  // A reason has no space, so that names with spaces are told apart by the length.
  return `${reason} ${flag.length} ${flag}${variant}`
}

function isFlagCount(value: unknown): value is FlagCount {
  const { flag, variant, reason, count } = (value ?? {}) as Partial<
    Record<keyof FlagCount, unknown>
  >
  return (
    typeof flag === 'string' &&
    flag.length > 0 &&
    flag.length <= MAX_NAME_CHARACTERS &&
    typeof variant === 'string' &&
    variant.length <= MAX_NAME_CHARACTERS &&
    typeof reason === 'string' &&
    REASON.test(reason) &&
    Number.isSafeInteger(count) &&
    (count as number) >= 1
  )
}
