// Who is in the sample, what a copy leaves out, how differences are grouped, and what noise takes off.

import { describe, expect, it } from 'vitest'
import { isCredentialHeader, withoutCredentials } from '../../../src/core/shadow/credentials.ts'
import { subtractNoise } from '../../../src/core/shadow/noise.ts'
import { isBaseline, isShadowed } from '../../../src/core/shadow/plan.ts'
import {
  addDifferences,
  isShadowReports,
  MAX_BATCH_SHADOW_ROUTES,
  MAX_SHADOW_DIFFERENCES,
  MAX_SHADOW_EXAMPLES,
  type ShadowSubject,
} from '../../../src/core/shadow/reports.ts'
import { ShadowTally } from '../../../src/core/shadow/tally.ts'

const SUBJECT: ShadowSubject = {
  from: 'main',
  base: 'v1',
  to: 'next',
  shadow: 'v2',
  service: '/api/',
  route: 'GET /api/items/:id',
}
const ids = Array.from({ length: 4000 }, (_, i) => `visitor-${i}`)
const difference = (place: string) => ({ kind: 'json', place, base: '1', shadow: '2' }) as const

describe('the sample', () => {
  it('is the same each time, has about its share, and only grows with it', () => {
    const of = (percent: number) => ids.filter((id) => isShadowed('salt', percent, id))
    expect(of(10)).toEqual(of(10))
    expect(of(10).length / ids.length).toBeCloseTo(0.1, 1)
    expect(of(10).every((id) => of(25).includes(id))).toBe(true)
    expect([of(0).length, of(100).length]).toEqual([0, ids.length])
  })

  it('has baselines of its own choice', () => {
    const twice = ids.filter((id) => isShadowed('salt', 50, id) && isBaseline('salt', 50, id))
    expect(twice.length / ids.length).toBeCloseTo(0.25, 1)
  })
})

describe('a copy', () => {
  it('leaves out what proves who somebody is', () => {
    const secret =
      'cookie authorization x-api-key x-auth-token x-csrf-token referer cf-access-jwt-assertion'
    for (const name of secret.split(' ')) expect(isCredentialHeader(name), name).toBe(true)
    for (const name of ['accept', 'accept-language', 'content-type', 'x-author', 'user-agent']) {
      expect(isCredentialHeader(name), name).toBe(false)
    }
  })

  it('leaves out such parameters, and changes nothing else of the address', () => {
    const allowed = new Set(['access_token'])
    const path = '/api/a%2Fb?q=x%20y&access_token=s&author=me&code=1&%53ID=2&api_key=3'
    expect(withoutCredentials(path, new Set())).toBe('/api/a%2Fb?q=x%20y&author=me')
    expect(withoutCredentials(path, allowed)).toBe('/api/a%2Fb?q=x%20y&access_token=s&author=me')
    expect(withoutCredentials('/a?key=1', allowed)).toBe('/a')
    expect(withoutCredentials('/a?%E0%A4%A=1&b', allowed)).toBe('/a?%E0%A4%A=1&b')
  })
})

describe('differences', () => {
  it('are counted by route, kind and place, with a few examples', () => {
    const tally = new ShadowTally()
    for (let i = 0; i < 5; i++) {
      const differences = [difference('price')]
      const counts = { copied: 1, compared: 1, differing: 1, baseMs: 10, shadowMs: 20 }
      tally.add(SUBJECT, { counts, differences, at: i, request: `r${i}` })
    }
    tally.add(SUBJECT, {
      counts: { baselines: 1, noisy: 1 },
      noise: [difference('price')],
      at: 9,
      request: 'r9',
    })
    const { shadows = [] } = tally.take()
    expect(shadows).toMatchObject([
      { ...SUBJECT, copied: 5, differing: 5, baselines: 1, noisy: 1, shadowMs: 100 },
    ])
    expect(shadows[0]?.differences).toMatchObject([{ place: 'price', count: 5, noise: 1 }])
    expect(shadows[0]?.differences[0]?.examples.map(({ request }) => request)).toEqual(
      ['r2', 'r3', 'r4'].slice(-MAX_SHADOW_EXAMPLES),
    )
    expect(isShadowReports(structuredClone(shadows))).toBe(true)
    expect(tally.isEmpty).toBe(true)
  })

  it('are bounded by route and in routes, and what has no room is counted as lost', () => {
    const tally = new ShadowTally()
    const differences = Array.from({ length: MAX_SHADOW_DIFFERENCES + 3 }, (_, i) =>
      difference(`p${'x'.repeat(i)}`),
    )
    for (let i = 0; i < MAX_BATCH_SHADOW_ROUTES + 5; i++) {
      tally.add(
        { ...SUBJECT, route: `GET /r${i}` },
        { counts: {}, differences, at: 0, request: '' },
      )
    }
    const { shadows = [] } = tally.take()
    expect(shadows).toHaveLength(MAX_BATCH_SHADOW_ROUTES)
    expect(shadows[0]).toMatchObject({ lost: 3 })
    expect(isShadowReports(shadows)).toBe(true)
    const more = addDifferences(shadows[0] as never, shadows[1] as never)
    expect(more.lost).toBe(6)
    expect(more.differences[0]?.count).toBe(2)
  })

  it('of another shape are refused', () => {
    const tally = new ShadowTally()
    tally.add(SUBJECT, { counts: { copied: 1 }, at: 0, request: 'r' })
    const { shadows = [] } = tally.take()
    for (const wrong of [
      { copied: -1 },
      { copied: Number.NaN },
      { route: 'x'.repeat(500) },
      { differences: [{ kind: 'other' }] },
      { from: 1 },
    ]) {
      expect(isShadowReports([{ ...shadows[0], ...wrong }])).toBe(false)
    }
    expect(isShadowReports(Array(100).fill(shadows[0]))).toBe(false)
    expect(isShadowReports([null])).toBe(false)
  })
})

describe('noise', () => {
  it('is taken off', () => {
    const found = subtractNoise({ compared: 100, count: 60, baselines: 50, noise: 5 })
    expect(found).toMatchObject({ net: 50, rate: 0.5, isNoise: false })
  })

  it('is all there is where the base differs from itself as often', () => {
    expect(subtractNoise({ compared: 100, count: 52, baselines: 20, noise: 10 }).isNoise).toBe(true)
    expect(subtractNoise({ compared: 100, count: 40, baselines: 20, noise: 10 })).toEqual({
      net: 0,
      rate: 0,
      isNoise: true,
    })
  })

  it('is nothing where the base never differs from itself', () => {
    const rare = { compared: 1000, count: 1, baselines: 3, noise: 0 }
    expect(subtractNoise(rare)).toEqual({ net: 1, rate: 0.001, isNoise: false })
    expect(subtractNoise({ compared: 0, count: 0, baselines: 0, noise: 0 }).rate).toBe(0)
  })
})
