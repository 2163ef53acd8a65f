// What counts for each metric, and what does not. docs/metrics.md has the same rows.

import { describe, expect, it } from 'vitest'
import { METRICS } from '../../src/core/counting/metrics.ts'
import { isSentElsewhere, listMet, toFailureCode } from '../../src/metrics/met.ts'
import type { CountedReply } from '../../src/metrics/observed.ts'
import {
  ASSIGNMENTS,
  answeredWith,
  DOCUMENT,
  served,
  toAnswered,
  toAsked,
  type Way,
} from './metrics-asked.ts'

const API: Way = { url: '/api/orders' }
const POST: Way = { ...API, method: 'POST' }
const PAGE: Way = { url: '/api/page', headers: DOCUMENT }
const FILE: CountedReply = toAnswered({ source: 'memory', service: undefined })
const none = (failure: string) => toAnswered(served({ status: undefined, failure }))
const elsewhere = { ...answeredWith(302), leadsElsewhere: true }

const ROWS: readonly [
  metric: string,
  counts: readonly [what: string, asked: Way, answered: CountedReply][],
  not: readonly [what: string, asked: Way, answered: CountedReply][],
][] = [
  [
    'errors',
    [
      ['a 500 of the service', API, answeredWith(500)],
      ['no connection', API, none('origin_unreachable')],
      ['a timeout', API, none('origin_timeout')],
      [
        'a 503 in whose place a fallback answered',
        API,
        toAnswered({ source: 'fallback', ...served({ status: 503 }) }),
      ],
      ['a named file that is missing', {}, { ...FILE, status: 404, isNamed: true }],
    ],
    [
      ['a good answer', API, toAnswered()],
      ['a 501', POST, answeredWith(501)],
      ['a 505', API, answeredWith(505)],
      ['all origins left out', API, none('origins_ejected')],
      ['a file of nobody', {}, { ...FILE, status: 404 }],
      ['a body that was refused', POST, { ...FILE, status: 413, source: 'service' }],
    ],
  ],
  [
    'latency',
    [
      ['an answer', API, toAnswered()],
      ['a timeout', API, none('origin_timeout')],
    ],
    [
      ['no connection', API, none('origin_unreachable')],
      ['a file', {}, FILE],
      ['all origins left out', API, none('origins_ejected')],
    ],
  ],
  [
    'notFound',
    [['a 404 of the service', API, answeredWith(404)]],
    [
      ['a 410', API, answeredWith(410)],
      ['a 404 for want of a file', {}, { ...FILE, status: 404 }],
    ],
  ],
  [
    'forbidden',
    [['a 403 of the service', API, answeredWith(403)]],
    [['a 401', API, answeredWith(401)]],
  ],
  [
    'unauthorized',
    [['a 401 of the service', API, answeredWith(401)]],
    [['a 403', API, answeredWith(403)]],
  ],
  [
    'unprocessable',
    [
      ['a 400 of the service', POST, answeredWith(400)],
      ['a 422 of the service', POST, answeredWith(422)],
    ],
    [
      ['a 409', POST, answeredWith(409)],
      ['a 400 of Holo', POST, { ...FILE, status: 400, source: 'none' }],
    ],
  ],
  [
    'redirects',
    [['a redirect to another host', API, elsewhere]],
    [['a redirect', API, answeredWith(302)]],
  ],
  [
    'asks',
    [
      ['an answer of the service', API, toAnswered()],
      ['its failure, which is an answer', API, answeredWith(500)],
    ],
    [
      ['a page that the service makes', PAGE, toAnswered()],
      ['a file', {}, FILE],
      ['no connection', API, none('origin_unreachable')],
    ],
  ],
  [
    'goal.order',
    [
      ['a 201', POST, answeredWith(201)],
      ['a 204 with a last slash', { ...POST, url: '/api/orders/' }, answeredWith(204)],
    ],
    [
      ['another method', API, answeredWith(201)],
      ['another path', { ...POST, url: '/api/orders/7' }, answeredWith(201)],
      ['a 303', POST, answeredWith(303)],
      ['a 422', POST, answeredWith(422)],
      [
        'a fallback',
        POST,
        toAnswered({ status: 201, source: 'fallback', ...served({ status: 503 }) }),
      ],
    ],
  ],
]

function listMetrics(way: Way, answered: CountedReply): string[] {
  const { facts } = toAsked(way)
  const met = listMet(facts, ASSIGNMENTS.measure, answered, toFailureCode(answered))
  return met.map(({ metric }) => metric)
}

describe.each(ROWS)('%s', (metric, counts, not) => {
  it.each(counts)('counts %s', (_, way, answered) => {
    expect(listMetrics(way, answered)).toContain(metric)
  })

  it.each(not)('does not count %s', (_, way, answered) => {
    expect(listMetrics(way, answered)).not.toContain(metric)
  })
})

it('each metric of the table has rows here, is met in a body, or comes from browsers', () => {
  const tested = [...ROWS.map(([metric]) => metric), 'brokenBodies', 'errorBodies']
  const ofRequests = METRICS.filter(({ source }) => source !== 'browser')
  for (const { name } of ofRequests) expect(tested).toContain(name)
})

describe('a redirect leads elsewhere', () => {
  const service = { origins: ['https://api-5.example.com/prod', 'service:API'] }
  const redirect = (location: string, status = 302) =>
    isSentElsewhere(
      { status, headers: new Headers({ location }) },
      'https://shop.example.com/api/x',
      service,
    )

  it.each([
    'https://login.example.net/',
    'http://other.example.com/x',
    '//evil.example/',
    'https://shop.example.com:8080/',
    'myapp://callback',
  ])('to %s', (location) => {
    expect(redirect(location)).toBe(true)
  })

  it.each([
    '/login',
    'https://shop.example.com/x',
    'http://SHOP.example.com/x',
    'https://api-5.example.com/x',
    'https://[broken',
    '',
  ])('not to %s', (location) => {
    expect(redirect(location)).toBe(false)
  })

  it('not with a status that is no redirect', () => {
    expect(redirect('https://login.example.net/', 201)).toBe(false)
  })
})
