// The order of a measurement: everybody once, then everybody again, so that none has the machine at
// its best or worst alone. One turn before the rounds warms up and is thrown away.

/** Measures once, in any unit. */
export type Turn<T> = (round: number) => Promise<T> | T

/**
 * What each turn gave in each round, by the names they came under, in their order.
 *
 * @param report told the number of each round as it begins; 0 is the one that is thrown away.
 */
export async function interleave<Name extends string, T>(
  turns: Readonly<Record<Name, Turn<T>>>,
  rounds: number,
  report: (round: number) => void = () => {},
): Promise<Record<Name, readonly T[]>> {
  const names = Object.keys(turns) as Name[]
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    T[]
  >
  for (let round = 0; round <= rounds; round++) {
    report(round)
    for (const name of names) {
      const value = await turns[name](round)
      if (round > 0) measured[name].push(value)
    }
  }
  return measured
}
