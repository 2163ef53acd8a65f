// Watches the body of a service's reply while it goes to the client: whether it breaks off, and
// whether a reply that looks good holds an error. The client gets the same bytes at the same time.

import { getOwn } from '../core/own.ts'
import { MAX_ERROR_BODY_BYTES } from './limits.ts'

/**
 * A client that leaves breaks the body off as well. The platform says that it left on its signal,
 * which may come a moment later.
 */
const NOTICE_LEAVING_MS = 20

/** `application/json`, and types that end in `+json` (RFC 6839 section 3.1). */
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i

/** What of the body of a reply somebody wants to know. */
export type WatchedBody = {
  /** Whether it breaks off. */
  readonly forBreaks: boolean
  /** Where an error would be in its JSON: names from the outside; `undefined` if nobody asks. */
  readonly errorAt: readonly string[] | undefined
}

export type BodyWatch = {
  /** Called when the body broke off while the client was there; absent if nobody asks. */
  readonly onBroken: (() => void) | undefined
  readonly error: { readonly at: readonly string[]; readonly onFound: () => void } | undefined
  /**
   * Whether the body still has the backend's encoding (`encodeResponseBody` of fetch), so that it
   * passes as it is.
   */
  readonly isRaw: boolean
  /** The client's. */
  readonly signal: AbortSignal
  readonly waitUntil: (work: Promise<unknown>) => void
}

/** The reply to send instead of `response`, whose body is being watched from now on. */
export function watchBody(response: Response, watch: BodyWatch): Response {
  const { body, headers } = response
  if (body === null) return response
  const { error, onBroken, isRaw } = watch
  let rest = body
  if (error && mayHoldError(response)) {
    const [forClient, forSearch] = body.tee()
    rest = forClient
    watch.waitUntil(search(forSearch, error.at).then((found) => found && error.onFound(), ignore))
  }
  if (onBroken) rest = watchEnd(rest, toLength(headers, isRaw), onBroken, watch.signal)
  if (rest === body) return response
  // The status text and the headers stay; a raw body must not be encoded a second time.
  return isRaw
    ? new Response(rest, { ...toInit(response), encodeBody: 'manual' })
    : new Response(rest, response)
}

function toInit({ status, statusText, headers }: Response): ResponseInit {
  return { status, statusText, headers }
}

function mayHoldError({ status, headers }: Response): boolean {
  return (
    status >= 200 &&
    status <= 299 &&
    JSON_TYPE.test(headers.get('content-type') ?? '') &&
    Number(headers.get('content-length')) <= MAX_ERROR_BODY_BYTES
  )
}

/** The length to announce; a body that the platform encodes again has none that is known. */
function toLength(headers: Headers, isRaw: boolean): number | undefined {
  const length = headers.get('content-length')
  if (length === null || !/^\d{1,15}$/.test(length)) return undefined
  return isRaw || !headers.has('content-encoding') ? Number(length) : undefined
}

/**
 * The same bytes. The platform pumps them, so that no code runs for a part of the body. A body that
 * is shorter than its announced length breaks off too.
 */
function watchEnd(
  body: ReadableStream<Uint8Array>,
  length: number | undefined,
  onBroken: () => void,
  client: AbortSignal,
): ReadableStream<Uint8Array> {
  const { readable, writable } =
    length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length)
  body.pipeTo(writable, { preventAbort: true }).catch(async (cause) => {
    await new Promise((resolve) => setTimeout(resolve, NOTICE_LEAVING_MS))
    if (!client.aborted) onBroken()
    // The client has to see that something is missing.
    await writable.abort(cause).catch(ignore)
  })
  return readable
}

/** Whether there is an error at a place of a JSON body that is short enough. */
async function search(body: ReadableStream<Uint8Array>, at: readonly string[]): Promise<boolean> {
  const text = await readShort(body)
  return text !== undefined && hasError(JSON.parse(text), at)
}

/** The text of a body; `undefined` if it is too long. */
async function readShort(body: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    // Leaving the loop cancels this copy, and the client's goes on.
    if (bytes > MAX_ERROR_BODY_BYTES) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/**
 * Whether a value says that something went wrong: at the place is something other than `null`,
 * `false`, `0`, `""`, and other than an empty list or object.
 */
export function hasError(value: unknown, at: readonly string[]): boolean {
  const found = at.reduce<unknown>(
    (outer, key) =>
      typeof outer === 'object' && outer !== null
        ? getOwn(outer as Record<string, unknown>, key)
        : undefined,
    value,
  )
  if (typeof found !== 'object' || found === null) return Boolean(found)
  return Object.keys(found).length > 0
}

function ignore(): undefined {
  return undefined
}
