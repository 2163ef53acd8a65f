// What the page Shadow says, and what it proposes to write into the document.

import { describe, expect, it } from 'vitest'
import {
  findPair,
  toKindText,
  toMissedTexts,
  toNoiseText,
  toOftenText,
  toSampleText,
  toSettingsWarnings,
  toShadowSentence,
  toSpeedText,
} from '../../src/dashboard/say/shadow.ts'
import { toSoakCurve, toSoakSentence } from '../../src/dashboard/say/soak.ts'
import { isNoticed, type ReadDocument } from '../../src/dashboard/state/documents.ts'
import {
  listShadows,
  parseShadowPercent,
  toStarted,
  withShadow,
} from '../../src/dashboard/state/shadow.ts'
import { SHADOW_DEFAULTS } from '../../src/document/compile-shadow.ts'
import type { ShadowPair } from '../../src/wire/shadow.ts'
import { makeUpShadowed, SOAK } from '../support/made-up-shadow.ts'
import { LOOKED_AT, makeUpSite } from '../support/made-up-site.ts'

const answers = makeUpShadowed(makeUpSite())
const DOCUMENT = answers['GET /assignments'] as unknown as ReadDocument
const { shadows } = answers['GET /shadow'] as { shadows: readonly ShadowPair[] }
const [DIFFERING] = shadows as readonly [ShadowPair]
const settings = listShadows(DOCUMENT, LOOKED_AT)
const [MAIN, CANARY] = settings as readonly [(typeof settings)[number], (typeof settings)[number]]

describe('the sentence', () => {
  it('names the share that differs, and the worst route and place', () => {
    expect(toShadowSentence(settings, shadows)).toEqual({
      tone: 'warn',
      text: '2.1\u202f% of the answers of canary differ from those of main.',
      more: 'Most of all in GET /api/items/:id: JSON at items[].price.',
    })
    const worse = [{ ...DIFFERING, rate: 0.3 }]
    expect(toShadowSentence(settings, worse).tone).toBe('bad')
  })

  it('says that the answers are alike where only the noise differs', () => {
    const alike = { ...DIFFERING, routes: DIFFERING.routes.slice(3) }
    expect(toShadowSentence(settings, [alike])).toEqual({
      tone: 'good',
      text: 'canary answers as main does.',
      more: '1,822 copies were compared.',
    })
  })

  it('says that nothing is compared yet, and counts other shadows', () => {
    const more = 'The first counts come about half a minute after the first request that is copied.'
    expect(toShadowSentence([MAIN], [])).toMatchObject({
      text: 'Requests of main are copied to canary, and nothing has been compared yet.',
      more,
    })
    const both = [MAIN, { ...CANARY, isOff: false }]
    expect(toShadowSentence(both, []).more).toBe(`${more} 1 more shadow runs.`)
    // What is known of one that differs comes first.
    expect(toShadowSentence(both, shadows).text).toContain('2.1\u202f%')
    const uncompared = [{ ...DIFFERING, compared: 0 }]
    expect(toShadowSentence([MAIN], uncompared).more).toMatch(/^A comparison needs/)
  })

  it('says that nothing is copied while all are stopped', () => {
    expect(toShadowSentence([CANARY], shadows)).toMatchObject({
      text: 'Nothing is copied now.',
      more: 'What was found before stands below.',
    })
    expect(toShadowSentence([], []).more).toBeUndefined()
  })

  it('is about the versions of now', () => {
    expect(findPair(MAIN, shadows)).toBe(DIFFERING)
    expect(findPair({ ...MAIN, shadow: '1.2.0' }, shadows)).toBeUndefined()
  })
})

describe('what is copied', () => {
  it('is said in words, with the values of fields that are left out', () => {
    expect(toSampleText(MAIN)).toBe(
      'The requests of 10\u202f% of the visitors: GET and HEAD on /api/**.',
    )
    expect(toSampleText(CANARY)).toBe('2.5\u202f% of all requests: GET and POST on all paths.')
    const paths = ['/a', '/b', '/c', '/d']
    expect(toSampleText({ ...MAIN, percent: 100, paths })).toBe(
      'All requests: GET and HEAD on /a, /b and 2 more paths.',
    )
    expect(toSampleText({ ...CANARY, repeat: 3 })).toContain('on all paths, each copied 3 times.')
    expect(MAIN.methods).toEqual(SHADOW_DEFAULTS.methods)
    expect(MAIN.by).toBe(SHADOW_DEFAULTS.by)
  })

  it('warns of effects that happen twice, and of credentials', () => {
    expect(toSettingsWarnings(MAIN)).toEqual([])
    expect(toSettingsWarnings(CANARY)).toEqual([
      'POST happens twice, here and in the shadow: it needs a database of its own.',
      'Credentials are copied with the requests: authorization.',
    ])
  })

  it('is nothing where it is off, or has no share', () => {
    expect([MAIN.isOff, CANARY.isOff]).toEqual([false, true])
    const zero = withShadow(DOCUMENT, 'main', () => ({ to: 'canary', percent: 0 }))
    expect(listShadows(zero, LOOKED_AT)[0]?.isOff).toBe(true)
  })

  it('is nothing before its time and after it, until it is started again', () => {
    const due = { to: 'canary', percent: 5, since: LOOKED_AT - 1000, until: LOOKED_AT + 1000 }
    const isOff = (shadow: typeof due | ReturnType<typeof toStarted>, now: number) =>
      listShadows(
        withShadow(DOCUMENT, 'main', () => shadow),
        now,
      )[0]?.isOff
    expect(isOff(due, LOOKED_AT)).toBe(false)
    expect(isOff(due, due.since - 1)).toBe(true)
    expect(isOff(due, due.until)).toBe(true)
    expect(toStarted({ ...due, off: true })).toEqual({ to: 'canary', percent: 5 })
    expect(isOff(toStarted(due), due.until)).toBe(false)
  })
})

describe('what was found', () => {
  it('says what the noise is', () => {
    expect(toNoiseText(DIFFERING)).toBe(
      '1.0.0 differed from itself in 3 of 180 comparisons; that much is subtracted.',
    )
    expect(toNoiseText({ ...DIFFERING, noisy: 0 })).toContain('never differed from itself')
    expect(toNoiseText({ ...DIFFERING, baselines: 0 })).toContain('never compared with itself')
  })

  it('says what the counts leave out', () => {
    const [skipped, uncompared, lost, ...others] = toMissedTexts(DIFFERING)
    expect(skipped).toMatch(/^25 more requests were not copied, because isolates had no budget/)
    expect(uncompared).toMatch(/^18 copies were not compared/)
    expect(lost).toMatch(/^7 differences were not kept/)
    expect(others).toEqual([])
    expect(toMissedTexts({ ...DIFFERING, skipped: 0, lost: 0, compared: 1840 })).toEqual([])
  })

  it('has words for every kind', () => {
    const words = [
      { kind: 'failure', place: 'origin_timeout' },
      { kind: 'status', place: '200 → 500' },
      { kind: 'header', place: 'location' },
      { kind: 'json', place: '$' },
      { kind: 'body', place: '' },
      { kind: 'latency', place: '' },
    ] as const
    expect(words.map(toKindText)).toEqual([
      ...['no answer (origin_timeout)', 'status 200 → 500', 'header location'],
      ...['the whole JSON body', 'body', 'slower'],
    ])
    const [price, , served] = DIFFERING.routes[0]?.differences ?? []
    expect(price && toOftenText(price)).toBe('6.3\u202f%, 38 times')
    expect(served && toOftenText(served)).toBe('12 times, about as often as the base from itself')
  })

  it('compares the times', () => {
    expect(toSpeedText(DIFFERING)).toBe('7\u202fms slower than the base')
    expect(toSpeedText({ baseMs: 40, shadowMs: 40 })).toBe('as fast as the base')
    expect(toSpeedText({ baseMs: null, shadowMs: 40 })).toBe('')
  })
})

describe('a change of a shadow', () => {
  it('changes that alone, and nothing for visitors', () => {
    const stopped = withShadow(DOCUMENT, 'main', (shadow) => shadow && { ...shadow, off: true })
    expect(listShadows(stopped, LOOKED_AT).map(({ isOff }) => isOff)).toEqual([true, true])
    expect(stopped.traffic).toBe(DOCUMENT.traffic)
    // So it is nothing that a rollback would go back to.
    expect(isNoticed(DOCUMENT, stopped)).toBe(false)
    expect(
      isNoticed(
        DOCUMENT,
        withShadow(DOCUMENT, 'main', () => undefined),
      ),
    ).toBe(false)
  })

  it('does nothing to an environment that is not there any more, whatever its name', () => {
    for (const name of ['gone', '__proto__', 'constructor']) {
      expect(withShadow(DOCUMENT, name, () => ({ to: 'main', percent: 1 }))).toBe(DOCUMENT)
    }
  })

  it('takes a share above 0 with two decimals at most', () => {
    expect(['1', '0.25', ' 12,5 ', '100'].map(parseShadowPercent)).toEqual([1, 0.25, 12.5, 100])
    for (const text of ['', '0', '0.001', '-1', '101', '1e1', 'x', '5 %']) {
      expect(parseShadowPercent(text), text).toBeUndefined()
    }
  })
})

describe('a soak', () => {
  it('says at which load it began to suffer, or that it never did', () => {
    const text = 'canary began to suffer at about 31.7\u202f% (13/s).'
    expect(toSoakSentence(SOAK, LOOKED_AT)).toEqual({ tone: 'warn', text })
    expect(toSoakSentence({ ...SOAK, outcome: 'sound' }, LOOKED_AT)).toEqual({
      tone: 'good',
      text: 'canary did not suffer at 100\u202f% (13/s).',
    })
  })

  it('says how far it has got, and that it tells nothing any more', () => {
    const running = { ...SOAK, outcome: 'running' as const, toldAt: LOOKED_AT - 60_000 }
    expect(toSoakSentence(running, LOOKED_AT).text).toBe(
      'The load of canary is being raised: 32.4\u202f% was bad.',
    )
    const begun = { ...running, steps: [] }
    expect(toSoakSentence(begun, LOOKED_AT).text).toBe('The load of canary is being raised.')
    const silent = { ...running, toldAt: LOOKED_AT - 3_600_000 }
    expect(toSoakSentence(silent, LOOKED_AT).text).toContain('probably killed')
  })

  it('says what else ended it', () => {
    const why = {
      base: 'the base itself',
      frozen: 'frozen',
      changed: 'somebody',
      unknown: 'little',
    }
    for (const [outcome, words] of Object.entries(why)) {
      const ended = { ...SOAK, outcome: outcome as keyof typeof why }
      expect(toSoakSentence(ended, LOOKED_AT).text, outcome).toContain(words)
    }
  })

  it('is a curve by load, whatever the order of its steps', () => {
    const points = toSoakCurve(SOAK)
    expect(points.map(({ percent }) => percent)).toEqual([10, 15, 22.5, 28.2, 31, 32.4, 33.8])
    expect(points.at(-1)).toMatchObject({ failed: 5, late: (47 / 390) * 100 })
    const steps = SOAK.steps.map((step) => ({ ...step, copied: 0, compared: 0 }))
    expect(toSoakCurve({ steps })[0]).toEqual({ percent: 10, failed: null, late: null })
  })
})
