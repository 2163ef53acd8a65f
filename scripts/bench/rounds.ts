// The order of measurements: every contestant has one turn per round, so that all of them meet fast and slow
// phases of the machine. A round before the others is for warming up, and is not counted.

/** One measurement, in any unit. */
export type Turn<T> = (round: number) => Promise<T> | T

/**
 * The results of each turn in each round, by name, in the order of the names.
 *
 * @param report called with the number of each round when it begins; round 0 is not counted.
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
