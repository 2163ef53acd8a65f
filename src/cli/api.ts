// Calls the admin API. Each call has a timeout, and every kind of failure becomes a CliFailure with the right
// exit code. The commands interpret the replies.

import type { z } from 'zod'
import { API_PATH } from '../wire/api-path.ts'
import { CliFailure, EXIT, refused } from './failure.ts'
import { MAX_JSON_BYTES, parseJson, readReplyText, toCliFailure } from './replies.ts'
import type { Target } from './target.ts'

/** The API waits ten seconds for a change of the control; the rest is for a slow network. */
const CALL_TIMEOUT_MS = 30_000

export type ApiCall = {
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly json?: unknown
  /** Bytes to send as they are, instead of `json`. */
  readonly bytes?: Uint8Array | Blob
  /** The revision that the change is based on; sent as `If-Match`. */
  readonly ifRevision?: number
  readonly timeoutMs?: number
}

export type Reply = { readonly status: number; readonly text: string }

export type Api = {
  /** @throws CliFailure unless the reply is a 2xx whose body has this shape. */
  readonly ask: <T>(shape: z.ZodType<T>, method: string, path: string, call?: ApiCall) => Promise<T>
  /** Returns a reply with any status. @throws CliFailure when there is no reply. */
  readonly send: (method: string, path: string, call?: ApiCall) => Promise<Response>
  readonly toFailure: (response: Response) => Promise<CliFailure>
  /** What the calls so far have cost. */
  readonly cost: () => CallCost
}

/** R2 bills writes and lists in class A, and reads in class B. */
export type CallCost = {
  readonly requests: number
  readonly classA: number
  readonly classB: number
}

export type ApiOptions = {
  readonly signal: AbortSignal
  /** Gets a line for every call, for `--verbose`. */
  readonly note: (line: string) => void
}

export function createApi(
  { url, token }: Pick<Target, 'url' | 'token'>,
  { signal, note }: ApiOptions,
): Api {
  let cost: CallCost = { requests: 0, classA: 0, classB: 0 }
  const send: Api['send'] = async (method, path, call = {}) => {
    const address = new URL(API_PATH + path, url)
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) address.searchParams.set(name, value)
    }
    const timeout = AbortSignal.timeout(call.timeoutMs ?? CALL_TIMEOUT_MS)
    const startedAt = performance.now()
    try {
      const response = await fetch(address, {
        method,
        headers: toHeaders(call, token),
        body: toBody(call),
        signal: AbortSignal.any([signal, timeout]),
        redirect: 'manual',
      })
      cost = addCost(cost, response.headers.get('holo-store-operations'))
      const took = Math.round(performance.now() - startedAt)
      note(`${method} ${address.pathname}${address.search} ${response.status} in ${took} ms`)
      return response
    } catch (cause) {
      signal.throwIfAborted()
      note(`${method} ${address.pathname}${address.search} failed: ${toReason(cause)}`)
      throw unreachable(address, method, cause)
    }
  }
  /** A body that is incomplete or takes too long is the same failure as no reply. */
  const inTime = async <T>(method: string, { url: from }: Response, body: Promise<T>) => {
    try {
      return await body
    } catch (cause) {
      signal.throwIfAborted()
      throw cause instanceof CliFailure ? cause : unreachable(new URL(from), method, cause)
    }
  }
  const toProblem = async (response: Response) => {
    const failure = await toCliFailure(response, token !== undefined)
    if (failure.details.requestId) note(`request id ${failure.details.requestId}`)
    return failure
  }
  return {
    send,
    toFailure: toProblem,
    cost: () => cost,
    ask: async (shape, method, path, call) => {
      const response = await send(method, path, call)
      if (!response.ok) throw await toProblem(response)
      const body = parseJson(
        await inTime(method, response, readReplyText(response, MAX_JSON_BYTES)),
      )
      const parsed = shape.safeParse(body)
      if (parsed.success) return parsed.data
      const [issue] = parsed.error.issues
      throw new CliFailure(
        'unexpected_reply',
        EXIT.unreachable,
        `${url.origin} sent a reply that this command does not understand (${method} ${path}: ${issue?.path.join('.')} ${issue?.message})`,
        { hint: 'check the address, and that Holo and this command have the same version' },
      )
    },
  }
}

function addCost({ requests, classA, classB }: CallCost, operations: string | null): CallCost {
  const [, a = 0, b = 0] = /^a=(\d{1,9}), b=(\d{1,9})$/.exec(operations ?? '') ?? []
  return { requests: requests + 1, classA: classA + Number(a), classB: classB + Number(b) }
}

function toHeaders({ json, bytes, ifRevision }: ApiCall, token: string | undefined) {
  return {
    accept: 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${toTokenText(token)}` }),
    ...(json !== undefined && { 'content-type': 'application/json' }),
    ...(bytes !== undefined && { 'content-type': 'application/octet-stream' }),
    ...(ifRevision !== undefined && { 'if-match': `"${ifRevision}"` }),
  }
}

function toTokenText(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw refused(
    'unauthenticated',
    'the token has a space or another character that tokens never have',
  )
}

function toBody({ json, bytes }: ApiCall): NonNullable<RequestInit['body']> | null {
  if (bytes !== undefined) return bytes as Uint8Array<ArrayBuffer> | Blob
  return json === undefined ? null : JSON.stringify(json)
}

/** A change may have been made even if its reply was lost. */
function unreachable(address: URL, method: string, cause: unknown): CliFailure {
  const isChange = method !== 'GET' && !address.searchParams.has('dryRun')
  const hint =
    isChange && !isRefusedConnection(cause)
      ? 'it is not known whether the change was made: check with "holo log", or repeat the command'
      : 'check the address, and that Holo runs there'
  return new CliFailure(
    'unreachable',
    EXIT.unreachable,
    `${address.origin} does not answer: ${toReason(cause)}`,
    { hint },
  )
}

function isRefusedConnection(cause: unknown): boolean {
  return /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(toReason(cause))
}

/** The reason of a failed `fetch`, which is in the `cause` of its error. */
export function toReason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.name === 'TimeoutError') return 'it took too long'
  const { code, message, errors } = (cause.cause ?? cause) as NodeJS.ErrnoException & {
    errors?: readonly NodeJS.ErrnoException[]
  }
  return code ?? errors?.[0]?.code ?? (message || cause.message)
}
