import { describe, expect, it } from 'vitest'
import { isAssigned, isJudged } from '../../src/metrics/observed.ts'
import { DOCUMENT, toAsked, visitorOf, type Way } from './metrics-asked.ts'

const MAIN = visitorOf('main')
const CANARY = visitorOf('canary')
const PINNED_TO_CANARY = 'holo-pin=0.0.5@canary'

/** One row for each clause of docs/metrics.md. */
const ROWS: readonly [clause: string, way: Way, judged: boolean, assigned: boolean][] = [
  ['a document decided by its bucket', { headers: DOCUMENT }, true, true],
  ['a document of the other side', { headers: DOCUMENT, visitor: MAIN }, true, true],
  ['a new visitor on a document', { headers: DOCUMENT, visitor: null }, true, true],
  ['a call without a pin, by bucket', { url: '/api/x' }, true, false],
  [
    'a call of a tab whose bucket is still there',
    { url: '/api/x', cookies: PINNED_TO_CANARY },
    true,
    false,
  ],
  [
    'a tab pinned to what its bucket has left',
    { url: '/api/x', visitor: MAIN, cookies: PINNED_TO_CANARY },
    false,
    false,
  ],
  [
    'a document sent by a rule',
    { headers: DOCUMENT, visitor: MAIN, cookies: 'staff=1' },
    false,
    false,
  ],
  [
    'a document sent by a rule to where its bucket is',
    { headers: DOCUMENT, visitor: CANARY, cookies: 'staff=1' },
    false,
    false,
  ],
  [
    'a call of a tab that a rule has sent',
    { url: '/api/x', visitor: MAIN, cookies: `staff=1; ${PINNED_TO_CANARY}` },
    false,
    false,
  ],
  [
    'a pin to another environment of the same version',
    { url: '/api/x', cookies: 'holo-pin=0.0.5@qa' },
    false,
    false,
  ],
  ['a crawler', { headers: { ...DOCUMENT, 'user-agent': 'Googlebot/2.1' } }, false, false],
  [
    'a monitor that keeps its cookie',
    { headers: { ...DOCUMENT, 'user-agent': 'Pingdom.com_bot' } },
    false,
    false,
  ],
  [
    "a browser of somebody's tests",
    { headers: { ...DOCUMENT, 'user-agent': 'Mozilla/5.0 HeadlessChrome/140.0' } },
    false,
    false,
  ],
  [
    'a pin on a call of nobody',
    { url: '/api/x', visitor: null, headers: { 'holo-pin': '0.0.3@main' } },
    false,
    false,
  ],
  ['a client of the API that keeps its cookie', { url: '/x', headers: {} }, true, false],
  ['a file that is polled for a new version', { url: '/version.json' }, false, false],
  [
    "a service worker's update check",
    { url: '/sw.js', headers: { 'service-worker': 'script' } },
    false,
    false,
  ],
  ['no cookie on a call', { url: '/api/x', visitor: null }, false, false],
  [
    'no cookie on a frame',
    { headers: { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' }, visitor: null },
    false,
    false,
  ],
  ['a prefetched page', { headers: { ...DOCUMENT, 'sec-purpose': 'prefetch' } }, false, false],
  [
    'a prefetched script',
    {
      url: '/a.js',
      headers: {
        'sec-fetch-dest': 'script',
        'sec-fetch-mode': 'no-cors',
        'sec-purpose': 'prefetch',
      },
    },
    false,
    false,
  ],
  ['a form that is sent', { url: '/api/x', method: 'POST' }, true, false],
  ['a method that any client can invent', { url: '/api/x', method: 'PROPFIND' }, false, false],
  ['a shadow copy', { headers: DOCUMENT, by: 'shadow' }, false, false],
  ['a synthetic probe', { headers: DOCUMENT, by: 'probe' }, false, false],
]

describe('who is judged', () => {
  it.each(ROWS)('%s', (_, way, judged, assigned) => {
    const asked = toAsked(way)
    expect([isJudged(asked), isAssigned(asked)]).toEqual([judged, assigned])
  })

  it('leaves out who came by a host name', () => {
    const asked = toAsked({ headers: DOCUMENT })
    const decision = { ...asked.decision, reason: 'host' as const }
    expect(isJudged({ ...asked, decision })).toBe(false)
  })

  it('leaves out a bucket whose environment has got another version since the tab was opened', () => {
    const asked = toAsked({ url: '/api/x', cookies: PINNED_TO_CANARY })
    const version = { ...asked.decision.version, id: '0.0.4' }
    expect(isJudged({ ...asked, decision: { ...asked.decision, version } })).toBe(false)
  })
})
