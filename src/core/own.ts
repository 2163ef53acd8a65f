/** The value of a table under a name that it has itself: `constructor` and its like are nobody's. */
export function getOwn<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
