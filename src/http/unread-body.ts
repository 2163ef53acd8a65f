// Reads the rest of a request's body that nobody has read. If a server answers and closes while a
// client still sends, the network drops what the client has not yet received of the answer; so the
// rest of the body is read first, within limits.

/**
 * Beyond this a client may lose the answer, because reading on would cost more than the answer is
 * worth.
 */
export const MAX_DRAINED_BYTES = 16 * 1024 * 1024
/** A limit for clients that send slowly. */
const DRAIN_TIMEOUT_MS = 5000
const CHUNK_BYTES = 65_536

/** What was found in a body: nothing, something, or more than the limits allow. */
export type DrainResult = 'nothing' | 'something' | 'too-much'

/** Reads a body to its end, or until it exceeds a limit, and discards it. Never throws. */
export async function drain(body: ReadableStream<Uint8Array>): Promise<DrainResult> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<DrainResult>((resolve) => {
    timer = setTimeout(() => resolve('too-much'), DRAIN_TIMEOUT_MS)
  })
  try {
    return await Promise.race([readAway(body), late])
  } catch {
    // The client has left, or its chunks are malformed: nobody waits for an answer.
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
 * Reads the rest of the body of a request that was answered. A client that waits for permission to
 * send (`Expect`) sends nothing; a body whose announced length exceeds the limit is not read at
 * all.
 */
export async function drainUnread({ body, bodyUsed, headers }: Request): Promise<void> {
  if (body === null || bodyUsed || body.locked || headers.has('expect')) return
  if (Number(headers.get('content-length') ?? 0) > MAX_DRAINED_BYTES) return
  await drain(body)
}
