// Smoke: requests that a release has to answer as expected before anybody gets it. Says what is wrong with a
// reply, in words that hold nothing of its content. The control makes the requests.

import { findValue } from './checks.ts'

/** The most requests of a plan. */
export const MAX_SMOKE_REQUESTS = 20

/** The longest that one of them waits for a reply. */
export const MAX_SMOKE_TIMEOUT_MS = 10_000

export const SMOKE_METHODS = ['GET', 'HEAD', 'OPTIONS'] as const

/** One request of a plan, complete. Plain JSON. */
export type SmokeRequest = {
  readonly method: (typeof SMOKE_METHODS)[number]
  /** A path of the site, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** The lowest and the highest status that is good. */
  readonly status: readonly [number, number]
  /** Headers of the reply, and what each has to be. */
  readonly expectedHeaders: Readonly<Record<string, string>>
  /** A text that the body has to hold. */
  readonly contains?: string | undefined
  /** Values of the body, which is JSON, as JSON texts by their paths: `data.0.count`. */
  readonly json?: Readonly<Record<string, string>> | undefined
}

/** What came back. `why` there is no reply. */
export type SmokeReply =
  | {
      readonly status: number
      readonly header: (name: string) => string | null
      /** Its beginning, where it is longer than is read. */
      readonly body: string
    }
  | { readonly why: string }

/** What all requests have come to. */
export type SmokeResult = { readonly outcome: 'pass' | 'fail'; readonly text: string }

/** Whether the body of a reply is looked at. */
export function readsBody({ contains, json }: SmokeRequest): boolean {
  return contains !== undefined || json !== undefined
}

/** In words, what is wrong with a reply; `undefined` if it is as expected. */
export function findSmokeProblem(request: SmokeRequest, reply: SmokeReply): string | undefined {
  if ('why' in reply) return reply.why
  const { status, expectedHeaders, contains, json } = request
  const [lowest, highest] = status
  if (reply.status < lowest || reply.status > highest) {
    const wanted = lowest === highest ? `${lowest}` : `${lowest} to ${highest}`
    return `answered ${reply.status}, and has to answer ${wanted}`
  }
  for (const [name, value] of Object.entries(expectedHeaders)) {
    const found = reply.header(name)
    if (found === null) return `the reply has no header "${name}"`
    if (found !== value) return `the header "${name}" has another value`
  }
  if (contains !== undefined && !reply.body.includes(contains)) {
    return 'the body does not hold the expected text'
  }
  return json && findWrongValue(json, reply.body)
}

function findWrongValue(json: Readonly<Record<string, string>>, body: string): string | undefined {
  let document: unknown
  try {
    document = JSON.parse(body)
  } catch {
    return 'the body is no JSON'
  }
  for (const [path, value] of Object.entries(json)) {
    const found = findValue(document, path)
    if (found === undefined) return `the body has no value at "${path}"`
    if (typeof found === 'object' && found !== null)
      return `the value at "${path}" is a list or an object`
    if (JSON.stringify(found) !== value)
      return `the value at "${path}" is another one${toShown(found)}`
  }
  return undefined
}

/** Numbers and yes or no tell nothing secret. */
function toShown(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? `: ${value}` : ''
}

const MAX_SHOWN_PATH = 120

/** As in `smoke request 2 of 3, GET /api/health`. Queries are left out. */
export function toSmokeName({ method, path }: SmokeRequest, index: number, count: number): string {
  const shown = (path.split('?')[0] ?? '').slice(0, MAX_SHOWN_PATH)
  return `smoke request ${index + 1} of ${count}, ${method} ${shown}`
}
