// Calls of the API, typed by the operations of its OpenAPI document. An expected failure is a returned value.

import { err, ok, type Result } from '../../core/result.ts'
import { API_PATH } from '../../wire/api-path.ts'
import { followDate } from '../state/clock.ts'
import type { Operations } from './operations.ts'
import { noteAnswer, noteSilence } from './reachable.ts'
import { endSession, REQUEST_HEADERS, signIn } from './session.ts'

export type OperationName = keyof Operations
export type ReplyOf<Name extends OperationName> = Operations[Name]['reply']
export type BodyOf<Name extends OperationName> = Operations[Name]['body']

type Fields<T> = [keyof T] extends [never] ? unknown : T

export type CallArguments<Name extends OperationName> = {
  readonly params?: Fields<Operations[Name]['params']>
  readonly query?: Fields<Operations[Name]['query']>
  readonly body?: Operations[Name]['body']
  /** The revision that a change is based on. */
  readonly revision?: number
  readonly signal?: AbortSignal
}

/** A change that somebody has made since the revision that was seen. */
export type ChangeSince = {
  readonly revision: number
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly reason?: string | undefined
}

/** Why a call came to nothing, in the words of the API where it has answered. */
export type CallFailure = {
  /** A problem code of the API; `unreachable` where nothing usable came back. */
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail?: string | undefined
  readonly problems?: readonly { readonly path: string; readonly message: string }[] | undefined
  readonly requestId?: string | undefined
  /** With `stale`: the revision that is current now, and what has changed. */
  readonly current?: number | undefined
  readonly changes?: readonly ChangeSince[] | undefined
}

export type CallResult<Name extends OperationName> = Result<ReplyOf<Name>, CallFailure>

/** A reply that has not begun by then will hardly come. */
const CALL_TIMEOUT_MS = 15_000

const FIRST_SERVER_FAILURE = 500

export const UNREACHABLE =
  'Holo does not answer. Visitors are still served; the page asks again by itself.'

const SIGNED_OUT: CallFailure = {
  ...{
    code: 'unauthenticated',
    status: 401,
    title: 'The session was over before the answer came.',
  },
}

export async function call<Name extends OperationName>(
  name: Name,
  given: CallArguments<Name> = {},
): Promise<CallResult<Name>> {
  const [method = 'GET', pattern = ''] = name.split(' ')
  const { params = {}, query = {}, body, revision, signal } = given
  const path = pattern.replace(/\{(\w+)\}/g, (_, field: string) =>
    encodeURIComponent(String((params as Record<string, unknown>)[field])),
  )
  const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS)
  const asker = signIn.peek()
  try {
    const response = await fetch(API_PATH + path + toSearch(query as object), {
      method,
      headers: {
        ...REQUEST_HEADERS,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(revision === undefined ? {} : { 'if-match': `"${revision}"` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      credentials: 'same-origin',
      cache: 'no-store',
    })
    followDate(response.headers.get('date'))
    if (response.ok) {
      const reply = (await response.json()) as ReplyOf<Name>
      noteAnswer()
      // The next one who signs in must not see what the last one has read.
      if (method === 'GET' && asker.kind === 'in' && signIn.peek() !== asker) return err(SIGNED_OUT)
      return ok(reply)
    }
    const failure = await readFailure(response)
    // Where the control does not answer, the edge does: what the page shows gets older all the same.
    if (failure.status >= FIRST_SERVER_FAILURE) noteSilence()
    else noteAnswer()
    if (failure.code === 'unauthenticated' && signIn.peek().kind === 'in') {
      endSession('The session is over: sign in again.')
    }
    return err(failure)
  } catch {
    if (!signal?.aborted) noteSilence()
    return err({ code: 'unreachable', status: 0, title: UNREACHABLE })
  }
}

function toSearch(query: object): string {
  const fields = Object.entries(query).filter(([, value]) => value !== undefined)
  if (fields.length === 0) return ''
  return `?${new URLSearchParams(fields.map(([name, value]) => [name, String(value)]))}`
}

export async function readFailure(response: Response): Promise<CallFailure> {
  const { status } = response
  const problem = (await response.json().catch(() => undefined)) as Partial<CallFailure> | undefined
  if (typeof problem?.code !== 'string' || typeof problem.title !== 'string') {
    return { code: 'unreachable', status, title: UNREACHABLE }
  }
  return { ...problem, code: problem.code, title: problem.title, status }
}
