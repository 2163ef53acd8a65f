/**
 * The value under `name`, if the table itself has that name. Inherited names such as `constructor` do
 * not count.
 */
export function getOwn<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
