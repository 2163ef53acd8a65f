// What the control keeps of shadows, within its bounds, and tells without the noise.

import { describe, expect, it } from 'vitest'
import {
  MAX_KEPT_SOAKS,
  MAX_SHADOW_PAIRS,
  MAX_SHADOW_ROUTES,
} from '../../src/control/shadow/limits.ts'
import { Shadows } from '../../src/control/shadow/shadows.ts'
import { Soaks } from '../../src/control/shadow/soaks.ts'
import { ShadowStore } from '../../src/control/shadow/store.ts'
import { NO_SHADOW_COUNTS, type ShadowReport } from '../../src/core/shadow/reports.ts'
import type { Soak } from '../../src/wire/soak.ts'
import { World } from './control-world.ts'

const VERSIONS = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8']

type Started = {
  readonly shadows: Shadows
  readonly rows: () => number
  /** Writes what was to be written later. */
  readonly store: () => void
  readonly timers: readonly (() => void)[]
  /** The same after a restart. */
  readonly again: () => Shadows
}

/** With the tables of a new control. */
async function withShadows(run: (started: Started) => void): Promise<void> {
  const world = await World.create()
  await world.live(async ({ state: { storage } }) => {
    let now = 1_000_000
    const timers: (() => void)[] = []
    const start = () =>
      new Shadows({
        storage,
        store: new ShadowStore(storage.sql),
        content: () => ({
          environments: { main: { version: 'v1' }, next: { version: 'v2' } },
          versions: Object.fromEntries(VERSIONS.map((id) => [id, { manifest: '0'.repeat(64) }])),
        }),
        now: () => ++now,
        later: (later) => timers.push(later),
      })
    const store = () => {
      for (const later of timers.splice(0)) later()
    }
    const rows = () => [...storage.sql.exec('SELECT id FROM shadows')].length
    run({ shadows: start(), rows, store, timers, again: start })
  })
}

const report = (changed: Partial<ShadowReport> = {}): ShadowReport => ({
  from: 'main',
  base: 'v1',
  to: 'next',
  shadow: 'v2',
  service: '/api/',
  route: 'GET /api/items',
  ...NO_SHADOW_COUNTS,
  copied: 10,
  compared: 10,
  differing: 6,
  baselines: 5,
  noisy: 1,
  repeated: 0,
  failed: 0,
  baseFailed: 0,
  late: 0,
  baseLate: 0,
  timed: 10,
  baseMs: 100,
  shadowMs: 250,
  differences: [
    { kind: 'json', place: 'price', count: 4, noise: 0, examples: [] },
    { kind: 'json', place: 'served', count: 2, noise: 1, examples: [] },
  ],
  lost: 0,
  ...changed,
})
const ALL = { environment: undefined, limit: MAX_SHADOW_ROUTES }
const everything = () => true

describe('what shadows differ in', () => {
  it('is added up and told without the noise, the most frequent first', () =>
    withShadows(({ shadows }) => {
      shadows.receive([
        report(),
        report({ route: 'GET /api/other', differences: [], differing: 0 }),
      ])
      shadows.receive([report()])
      const [pair] = shadows.list(ALL, everything)
      expect(pair).toMatchObject({
        copied: 30,
        compared: 30,
        differing: 12,
        baseMs: 10,
        shadowMs: 25,
      })
      expect(pair?.routes.map(({ route }) => route)).toEqual(['GET /api/items', 'GET /api/other'])
      expect(pair?.routes[0]?.differences).toMatchObject([
        { place: 'price', count: 8, rate: 0.4, isNoise: false },
        { place: 'served', count: 4, rate: 0, isNoise: true },
      ])
      expect(shadows.list({ ...ALL, limit: 1 }, everything)[0]?.routes).toHaveLength(1)
    }))

  it('is told only to those who may read both environments', () =>
    withShadows(({ shadows }) => {
      shadows.receive([report()])
      expect(shadows.list(ALL, (name) => name === 'main')).toEqual([])
      expect(shadows.list({ ...ALL, environment: 'next' }, everything)).toEqual([])
      expect(shadows.list({ ...ALL, environment: 'main' }, everything)).toHaveLength(1)
    }))

  it('is dropped if it is about what the document does not have', () =>
    withShadows(({ shadows, timers }) => {
      shadows.receive([
        report({ to: 'nowhere' }),
        report({ from: 'nowhere' }),
        report({ base: 'v99' }),
        report({ shadow: '__proto__' }),
      ])
      expect(shadows.list(ALL, everything)).toEqual([])
      expect(timers).toEqual([])
    }))

  it('survives a restart, and is written once for many batches', () =>
    withShadows(({ shadows, rows, store, timers, again }) => {
      for (let i = 0; i < 5; i++) shadows.receive([report()])
      expect(timers).toHaveLength(1)
      expect(rows()).toBe(0)
      store()
      expect(rows()).toBe(1)
      expect(again().list(ALL, everything)).toEqual(shadows.list(ALL, everything))
    }))

  it('has a bound on routes, of which the rarest goes, and on pairs, of which the oldest goes', () =>
    withShadows(({ shadows, rows, store }) => {
      const routes = Array.from({ length: MAX_SHADOW_ROUTES }, (_, i) => `GET /r${i}`)
      shadows.receive(routes.map((route, i) => report({ route, copied: i === 3 ? 1 : 10 })))
      store()
      shadows.receive([report({ route: 'GET /one-more' })])
      const told = shadows.list(ALL, everything)[0]?.routes.map(({ route }) => route)
      expect(told).toHaveLength(MAX_SHADOW_ROUTES)
      expect(told).toContain('GET /one-more')
      expect(told).not.toContain('GET /r3')
      for (const shadow of VERSIONS.slice(2, 2 + MAX_SHADOW_PAIRS)) {
        shadows.receive([report({ shadow })])
      }
      const pairs = shadows.list(ALL, everything)
      expect(pairs).toHaveLength(MAX_SHADOW_PAIRS)
      expect(pairs.some(({ shadow }) => shadow === 'v2')).toBe(false)
      store()
      expect(rows()).toBe(MAX_SHADOW_PAIRS)
    }))
})

describe('the last soak of two environments', () => {
  it('is kept with its steps, and those that were told longest ago leave first', async () => {
    const world = await World.create()
    await world.live(async ({ state: { storage } }) => {
      let now = 1000
      const start = () => new Soaks({ sql: storage.sql, now: () => ++now })
      const soak: Soak = {
        ...{ from: 'main', base: 'v1', to: 'next', shadow: 'v2', startedAt: 1, first: 10 },
        ...{ max: 100, outcome: 'running', steps: [] },
      }
      start().keep(soak)
      const later: Soak = { ...soak, outcome: 'suffers', found: { percent: 31.5, load: 12.6 } }
      start().keep(later)
      expect(start().list(everything)).toEqual([{ ...later, toldAt: 1002 }])
      for (let i = 0; i < MAX_KEPT_SOAKS; i++) start().keep({ ...soak, to: `next-${i}` })
      const kept = start().list(everything)
      expect(kept.map(({ to }) => to)).toEqual(
        Array.from({ length: MAX_KEPT_SOAKS }, (_, i) => `next-${MAX_KEPT_SOAKS - 1 - i}`),
      )
      // Only for who may read both environments.
      expect(start().list((name) => name !== 'next-1')).toHaveLength(MAX_KEPT_SOAKS - 1)
      expect(start().list((name) => name !== 'main')).toEqual([])
    })
  })
})
