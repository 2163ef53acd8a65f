// What is told of a flag that answers everyone alike, where that cannot be meant.

import type { FlagCountSummary } from '../wire/flags.ts'

/**
 * @param isTargeted whether the flag is on and has targeting.
 * @returns a warning about the last day; `undefined` if nothing is wrong or nobody asked.
 */
export function toFlagWarning(
  counts: readonly Pick<FlagCountSummary, 'variant' | 'reason' | 'lastDay'>[],
  isTargeted: boolean,
): string | undefined {
  const met = counts.filter(({ lastDay }) => lastDay > 0)
  if (met.length === 0) return undefined
  if (met.every(({ reason }) => reason === 'ERROR')) {
    return 'answered everyone with an error in the last day: see "holo flags explain"'
  }
  if (met.every(({ reason, variant }) => variant === '' && reason !== 'DISABLED')) {
    return 'gave nobody a value in the last day: everyone has the default of the code, or an error'
  }
  if (isTargeted && met.every(({ reason }) => reason === 'DEFAULT' || reason === 'ERROR')) {
    return 'answered everyone with its default in the last day: nobody meets its targeting'
  }
  return undefined
}
