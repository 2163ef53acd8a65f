// A request as counting is told of it, to change one thing at a time in.

import type { CollectedEnvironment } from '../../src/core/counting/batch.ts'
import { EVERYBODY } from '../../src/core/counting/limits.ts'
import { METRICS } from '../../src/core/counting/metrics.ts'
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
document.measure = {
  routes: ['GET /api/users/*'],
  goals: { order: 'POST /api/orders' },
  errorBodies: { '/api/graphql': 'errors' },
}
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
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** `null`: it brings no cookie. */
  readonly visitor?: string | null
  readonly cookies?: string
  readonly cf?: IncomingRequestCfProperties
  readonly by?: CountedRequest['by']
}

/** What the control asks for of an environment: everything, of everybody, but for what is said. */
export function collectedOf(change: Partial<CollectedEnvironment> = {}): CollectedEnvironment {
  const metrics = Object.fromEntries(
    [...METRICS, { name: 'goal.order', edges: null }].map(({ name, edges }) => [
      name,
      (edges ?? [0]).map(() => EVERYBODY),
    ]),
  )
  return { key: 'secret', bound: EVERYBODY, metrics, allowance: {}, ...change }
}

/** Decided as the router does. */
export function toAsked({
  url = '/',
  method = 'GET',
  headers = {},
  visitor,
  cookies,
  cf,
  by = 'visitor',
}: Way): CountedRequest {
  const id = visitor === undefined ? visitorOf('canary') : visitor
  const cookie = [id === null ? '' : `holo-visitor=${id}`, cookies].filter(Boolean).join('; ')
  const request = new Request(new URL(url, 'https://shop.example.com'), {
    method,
    ...(cf ? { cf } : {}),
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

/** The answer of a service with this status of its own. */
export function answeredWith(status: number): CountedReply {
  return toAnswered({ status, ...served({ status }) })
}

/** What a service of the version was. */
export function served(
  service: Partial<NonNullable<CountedReply['service']>>,
): Partial<CountedReply> {
  return { service: { status: 200, failure: undefined, waitedMs: 40, ...service } }
}
