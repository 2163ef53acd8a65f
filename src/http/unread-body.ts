// What becomes of a request's body that nobody has read. A server that answers and closes while a
// client still sends makes the network drop what the client has not yet received of the answer, so the
// rest of the body is taken off the connection first, within limits.

/** Above this a client may lose the answer: reading on would cost more than the answer is worth. */
export const MAX_DRAINED_BYTES = 16 * 1024 * 1024
/** For clients that send slowly. */
const DRAIN_TIMEOUT_MS = 5000
const CHUNK_BYTES = 65_536

/** What was found in a body: nothing at all, something, or more than is waited for. */
export type DrainResult = 'nothing' | 'something' | 'too-much'

/** Reads a body to its end, or until it passes a limit, and throws it away. Never throws. */
export async function drain(body: ReadableStream<Uint8Array>): Promise<DrainResult> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<DrainResult>((resolve) => {
    timer = setTimeout(() => resolve('too-much'), DRAIN_TIMEOUT_MS)
  })
  try {
    return await Promise.race([readAway(body), late])
  } catch {
    // The client has left, or its chunks are none: there is nobody to wait for.
    return 'too-much'
  } finally {
    clearTimeout(timer)
  }
}

async function readAway(body: ReadableStream<Uint8Array>): Promise<DrainResult> {
  const reader = body.getReader({ mode: 'byob' })
  let buffer = new ArrayBuffer(CHUNK_BYTES)
  for (let bytes = 0; bytes <= MAX_DRAINED_BYTES; ) {
    const { done, value } = await reader.read(new Uint8Array(buffer))
    if (done) return bytes > 0 ? 'something' : 'nothing'
    bytes += value.byteLength
    buffer = value.buffer
  }
  return 'too-much'
}

/**
 * Takes the body of an answered request off its connection, where nobody else has. A client that waits
 * to be told to go on (`Expect`) sends nothing, and an announced length beyond the limit is not begun
 * with.
 */
export async function drainUnread({ body, bodyUsed, headers }: Request): Promise<void> {
  if (body === null || bodyUsed || body.locked || headers.has('expect')) return
  if (Number(headers.get('content-length') ?? 0) > MAX_DRAINED_BYTES) return
  await drain(body)
}
