import { describe, expect, it } from 'vitest'
import { isVersionsFault, toFailureCode } from '../../src/metrics/met.ts'
import type { CountedReply } from '../../src/metrics/observed.ts'
import { answeredWith, served, toAnswered } from './metrics-asked.ts'

const FILE: Partial<CountedReply> = { source: 'memory', service: undefined }
const unanswered = (failure: string) => served({ status: undefined, failure })

/** One row for each clause of docs/metrics.md. */
const ROWS: readonly [
  clause: string,
  answer: Partial<CountedReply>,
  failure: string | undefined,
  /** Whether it is the version's, where that differs. */
  isFault?: boolean,
][] = [
  ['a good answer', {}, undefined],
  ["a service's 500", { status: 500, ...served({ status: 500 }) }, 'status_5xx'],
  [
    "a service's 503",
    { status: 503, ...served({ status: 503, failure: 'origin_unavailable' }) },
    'status_5xx',
  ],
  ["a service's 501, for a method that it has not", answeredWith(501), undefined],
  ["a service's 505, for another HTTP", answeredWith(505), undefined],
  ["a service's 404", { status: 404, ...served({ status: 404 }) }, undefined],
  ["a service's 499", { status: 499, ...served({ status: 499 }) }, undefined],
  ['a timeout', { status: 504, ...unanswered('origin_timeout') }, 'origin_timeout'],
  ['no connection', { status: 502, ...unanswered('origin_unreachable') }, 'origin_unreachable'],
  [
    'an answer that is none',
    { status: 502, ...unanswered('origin_bad_response') },
    'origin_bad_response',
  ],
  [
    'a Worker that is not bound',
    { status: 502, ...unanswered('origin_unknown') },
    'origin_unknown',
  ],
  [
    'all origins ejected, and a fallback answered',
    { source: 'fallback', ...unanswered('origins_ejected') },
    'origins_ejected',
    false,
  ],
  [
    'a 503, and a fallback answered',
    { source: 'fallback', ...served({ status: 503, failure: 'origin_unavailable' }) },
    'status_5xx',
  ],
  ['a 404 of a file that the manifest names', { ...FILE, status: 404, isNamed: true }, 'named_404'],
  ['a 404 of a file that it does not name', { ...FILE, status: 404 }, undefined],
  ['a file that R2 does not give', { ...FILE, status: 503, isNamed: true }, undefined],
  ["Holo's own fault", { ...FILE, source: 'none', status: 500 }, undefined],
  [
    'a request that was refused, or a client that left',
    { status: 413, source: 'service', service: undefined },
    undefined,
  ],
]

describe('what a failure is', () => {
  it.each(ROWS)('%s', (_, answer, failure, isFault = failure !== undefined) => {
    const code = toFailureCode(toAnswered(answer))
    expect([code, isVersionsFault(code)]).toEqual([failure, isFault])
  })
})
