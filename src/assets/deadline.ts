// Waiting with an end of our own: for an answer, and for a whole body. What goes wrong is returned,
// never thrown, and nothing is left behind that could reject unheard.

import { err, ok, type Result } from '../core/result.ts'
import { withTimeout } from '../core/with-timeout.ts'

/**
 * What `work` settles to, or why there is nothing within `ms`. A value that comes too late is handed
 * to `discard`, so that whatever it holds open can be let go.
 */
export async function settleWithin<T>(
  ms: number,
  work: () => Promise<T>,
  discard?: (late: T) => unknown,
): Promise<Result<T, unknown>> {
  const working = (async () => work())()
  try {
    return ok(await withTimeout(working, ms))
  } catch (cause) {
    // Where it was the time that ended the wait, the work goes on, and its value comes too late.
    working
      .then(discard, () => undefined)
      .catch((fault) => console.warn('a late answer could not be let go', fault))
    return err(cause)
  }
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
