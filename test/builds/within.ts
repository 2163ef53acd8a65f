// A limit for what may never end: a browser that does not answer, a page that waits for something that
// does not come. A test that fails must say what it has waited for.

/** Most of what a browser is asked to do takes less than a second, also on a busy machine. */
export const LIMIT_MS = 30_000

/**
 * What `waiting` becomes, within the limit.
 *
 * @param what names what is waited for.
 * @param tellMore what is known when the limit is reached, asked only then.
 * @throws Error that says what was waited for, and for how long.
 */
export async function within<T>(
  limitMs: number,
  what: string,
  waiting: Promise<T>,
  tellMore: () => string | Promise<string> = () => '',
): Promise<T> {
  const { promise: limit, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(async () => {
    const more = await tellMore()
    reject(new Error(`${what}: not within ${limitMs / 1000} s${more && `: ${more}`}`))
  }, limitMs)
  try {
    return await Promise.race([waiting, limit])
  } finally {
    clearTimeout(timer)
  }
}
