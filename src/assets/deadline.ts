// Waiting with an end of our own: for an answer, and for a whole body. What goes wrong is returned,
// never thrown, and nothing is left behind that could reject unheard.

import { err, ok, type Result } from '../core/result.ts'

/**
 * What `work` settles to, or why there is nothing within `ms`. A value that comes too late is handed
 * to `discard`, so that whatever it holds open can be let go.
 */
export async function settleWithin<T>(
  ms: number,
  work: () => Promise<T>,
  discard?: (late: T) => unknown,
): Promise<Result<T, unknown>> {
  let expired = false
  const { promise, resolve } = Promise.withResolvers<Result<T, unknown>>()
  const timer = setTimeout(() => {
    expired = true
    resolve(err(new Error(`no answer within ${ms} ms`)))
  }, ms)
  const settled = (async () => work())().then(
    async (value) => {
      resolve(ok(value))
      if (expired) await discard?.(value)
    },
    (cause) => resolve(err(cause)),
  )
  settled.catch((cause) => console.warn('a late answer could not be let go', cause))
  const result = await promise
  clearTimeout(timer)
  return result
}

/** A body as a whole, or why it is not: late, broken, or not of `size` bytes. */
export async function readWhole(
  body: ReadableStream,
  size: number,
  timeoutMs: number,
): Promise<Result<ArrayBuffer, unknown>> {
  const read = await settleWithin(timeoutMs, () => new Response(body).arrayBuffer())
  if (!read.ok || read.value.byteLength === size) return read
  return err(new Error(`${read.value.byteLength} bytes where there should be ${size}`))
}

/** Lets go of a body that nobody reads. Never rejects. */
export async function discardBody(body: ReadableStream | null): Promise<void> {
  try {
    await body?.cancel()
  } catch (cause) {
    console.warn('a body could not be let go', cause)
  }
}
