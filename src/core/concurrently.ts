// Does many pieces of work, a few at a time, so that memory and open files stay bounded however
// large a site is.

/**
 * Runs `work` on every item, at most `limit` at once, and returns the results in the order of the
 * items. After a failure no further item is begun; what is running is awaited, and then the first
 * error is thrown.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  const queue = items.entries()
  const errors: unknown[] = []
  const drain = async () => {
    for (const [index, item] of queue) {
      try {
        results[index] = await work(item)
      } catch (error) {
        errors.push(error)
      }
      if (errors.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, drain))
  if (errors.length > 0) throw errors[0]
  return results
}
