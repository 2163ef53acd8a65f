// Shares that somebody is setting: one environment takes what the others leave. Pure.

type Share = { readonly name: string; readonly percent: number }

/** Two decimals are as fine as buckets are. */
function toHundredths(percent: number): number {
  return Math.round(percent * 100)
}

/** What each environment would have. The base has what is left, which may be too little. */
export function toDraftShares(
  now: readonly Share[],
  draft: Readonly<Record<string, number>>,
  base: string | undefined,
): ReadonlyMap<string, number> {
  const typed = ({ name, percent }: Share) => {
    const wanted = draft[name] ?? percent
    return Number.isFinite(wanted) ? toHundredths(wanted) : 0
  }
  const others = now
    .filter(({ name }) => name !== base)
    .reduce((total, share) => total + typed(share), 0)
  return new Map(
    now.map((share) => [
      share.name,
      (share.name === base ? Math.max(0, 10_000 - others) : typed(share)) / 100,
    ]),
  )
}

/** What is wrong with the numbers, for people; `undefined` if nothing is. */
export function findDraftFault(
  now: readonly Share[],
  draft: Readonly<Record<string, number>>,
  base: string | undefined,
): string | undefined {
  for (const { name } of now) {
    const wanted = name === base ? undefined : draft[name]
    if (wanted === undefined) continue
    if (!Number.isFinite(wanted)) return `${name}: type a number from 0 to 100.`
    if (wanted < 0 || wanted > 100) return `${name}: a share is 0 to 100 %, not ${wanted}.`
    if (Math.abs(wanted * 100 - toHundredths(wanted)) > 1e-6) {
      return `${name}: a share has two decimals at most.`
    }
  }
  const shares = toDraftShares(now, draft, base)
  const total = [...shares.values()].reduce((sum, share) => sum + toHundredths(share), 0)
  if (total > 10_000) return `Together they have ${total / 100} %: lower one of them.`
  return undefined
}
