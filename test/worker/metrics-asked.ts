// A request as counting is told of it, to change one thing at a time in.

import { decide } from '../../src/core/decide.ts'
import { bucketOf } from '../../src/core/traffic.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { readFacts } from '../../src/http/facts.ts'
import { toKind } from '../../src/http/kind.ts'
import type { CountedReply, CountedRequest } from '../../src/metrics/observed.ts'
import { exampleDocument } from '../support/document.ts'

export const DOCUMENT = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }

const document = exampleDocument()
document.traffic = { main: 50, canary: 50 }
export const ASSIGNMENTS = compileAssignments(document)

/** An id of Holo's own form whose bucket is in the environment. */
export function visitorOf(environment: 'main' | 'canary', from = 0): string {
  for (let i = from; ; i++) {
    const id = `visitor${String(i).padStart(15, '0')}`
    const isMain = bucketOf(document.salt, id) < 5000
    if (isMain === (environment === 'main')) return id
  }
}

export type Way = {
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** `null`: it brings no cookie. */
  readonly visitor?: string | null
  readonly cookies?: string
  readonly by?: CountedRequest['by']
}

/** Decided as the router does. */
export function toAsked({
  url = '/',
  headers = {},
  visitor,
  cookies,
  by = 'visitor',
}: Way): CountedRequest {
  const id = visitor === undefined ? visitorOf('canary') : visitor
  const cookie = [id === null ? '' : `holo-visitor=${id}`, cookies].filter(Boolean).join('; ')
  const request = new Request(new URL(url, 'https://shop.example.com'), {
    headers: { ...headers, ...(cookie ? { cookie } : {}) },
  })
  const kind = toKind(request.method, request.headers, new URL(request.url).pathname)
  const options = { ...ASSIGNMENTS, withAttributes: true }
  const facts = readFacts(request, kind, options)
  if (!facts) throw new TypeError(`url: cannot be read: ${url}`)
  const decision = decide(facts, ASSIGNMENTS)
  return { request, facts, decision, assignments: ASSIGNMENTS, by }
}

/** A good answer of a service, but for what is said. */
export function toAnswered(change: Partial<CountedReply> = {}): CountedReply {
  const service = { status: 200, failure: undefined, waitedMs: 40 }
  return { status: 200, source: 'service', bytes: 100, service, isNamed: false, ...change }
}

/** What a service of the version was. */
export function served(
  service: Partial<NonNullable<CountedReply['service']>>,
): Partial<CountedReply> {
  return { service: { status: 200, failure: undefined, waitedMs: 40, ...service } }
}
