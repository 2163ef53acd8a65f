// What is told of a flag that answers everyone alike, where that cannot be meant.

type CountedAnswers = {
  readonly variant: string
  readonly reason: string
  readonly lastDay: number
}

/**
 * @param isTargeted whether the flag is on and has targeting.
 * @param whereToLook where the reader finds out why it is an error.
 * @returns a warning about the last day; `undefined` if nothing is wrong or nobody asked.
 */
export function toFlagWarning(
  counts: readonly CountedAnswers[],
  isTargeted: boolean,
  whereToLook: string,
): string | undefined {
  const met = counts.filter(({ lastDay }) => lastDay > 0)
  if (met.length === 0) return undefined
  if (met.every(({ reason }) => reason === 'ERROR')) {
    return `answered everyone with an error in the last day: ${whereToLook}`
  }
  if (met.every(({ reason, variant }) => variant === '' && reason !== 'DISABLED')) {
    return 'gave nobody a value in the last day: everyone has the default of the code, or an error'
  }
  if (isTargeted && met.every(({ reason }) => reason === 'DEFAULT' || reason === 'ERROR')) {
    return 'answered everyone with its default in the last day: nobody meets its targeting'
  }
  return undefined
}
