// The outbox: what happens becomes an event in the transaction that makes it true, is read in order,
// and reaches each subscriber, whatever is killed in between.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FIRST_RETRY_MS, LONGEST_RETRY_MS } from '../../src/control/intervals.ts'
import { EVENTS_PER_DELIVERY, MAX_OUTBOX_EVENTS } from '../../src/control/outbox.ts'
import { EVENT_FIELDS, event, type HoloEvent } from '../../src/wire/events.ts'
import { exampleDocument } from '../support/document.ts'
import { type Life, World } from './control-world.ts'

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

async function createPublished(): Promise<World> {
  const world = await World.create()
  await world.live(async (life) => {
    await life.change({ kind: 'replace', document: exampleDocument() })
    await life.runAlarms()
  })
  return world
}

/** A subscriber that keeps what it was given. */
function listen(name = 'test') {
  const taken: HoloEvent[] = []
  return {
    taken,
    ids: () => taken.map(({ id }) => id),
    subscriber: {
      name,
      deliver: async (events: readonly HoloEvent[]) => {
        taken.push(...events)
      },
    },
  }
}

async function settle(life: Life): Promise<void> {
  for (let left = 20; left > 0; left--) {
    const ran = await life.runAlarm()
    await life.settle()
    if (!ran) return
  }
}

describe('the outbox', () => {
  it('tells of each revision in the order of the revisions', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      await life.change({ kind: 'shift', weights: { canary: 30 } })
      const { events, next, missed } = await life.events()
      expect(events).toMatchObject([
        { id: 1, kind: 'revision.committed', revision: 1, action: 'replace', by: 'alice' },
        { id: 2, kind: 'revision.committed', revision: 2, action: 'shift', by: 'alice' },
        { id: 3, kind: 'revision.committed', revision: 3, action: 'shift', by: 'alice' },
      ])
      expect({ next, missed }).toEqual({ next: 3, missed: 0 })
      for (const one of events) expect(event.parse(one)).toEqual(one)
    })
  })

  it('tells nothing of what was not done', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const shift = { kind: 'shift', weights: { canary: 20 } } as const
      const change = { command: shift, expectedRevision: 1, reason: undefined, dryRun: true }
      expect(await life.control.change({ ...caller }, change)).toMatchObject({ ok: true })
      await expect(life.change({ kind: 'shift', weights: { nobody: 20 } })).rejects.toThrow()
      await expect(
        life.record('token-revoke', { id: '0', name: 'x' }, principal, 'r', () => {
          throw new Error('no such token')
        }),
      ).rejects.toThrow('no such token')
      expect((await life.events(1)).events).toEqual([])
    })
  })

  it('tells of tokens, without the tokens', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const made = { id: 'ab', name: 'ci', scopes: ['read'] }
      await life.record('token-create', made, principal, 'r', () => undefined)
      await life.record('token-revoke', { id: 'ab', name: 'ci' }, principal, 'r', () => undefined)
      expect((await life.events(1)).events).toMatchObject([
        { kind: 'token.created', token: 'ab', name: 'ci', scopes: ['read'], by: 'alice' },
        { kind: 'token.revoked', token: 'ab', name: 'ci', by: 'alice' },
      ])
    })
  })

  it('tells once of an outage of KV, and once of its end', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      world.beforeKv = (kind) => {
        if (kind === 'put') throw new Error('KV is down')
      }
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      for (let i = 0; i < 5; i++) await life.runAlarm()
      world.beforeKv = () => undefined
      await life.runAlarms()
      expect((await life.events(2)).events).toMatchObject([
        { kind: 'publication.failed', revision: 2, message: 'KV is down' },
        { kind: 'publication.recovered', revision: 2 },
      ])
    })
  })

  it('tells when a service fails and when it is well again', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      const document = exampleDocument()
      for (const version of Object.values(document.versions)) {
        for (const service of version.services ?? []) {
          Object.assign(service, { probe: { path: '/health', intervalMs: 10_000 } })
        }
      }
      let isWell = true
      world.askOrigin = async () =>
        isWell
          ? { kind: 'answered', status: 200, ms: 5 }
          : { kind: 'silent', why: 'it does not answer' }
      await life.change({ kind: 'replace', document })
      for (let i = 0; i < 20; i++) await settleOnce(life)
      isWell = false
      for (let i = 0; i < 20; i++) await settleOnce(life)
      const told = (await life.events()).events.filter(({ kind }) => kind === 'service.health')
      expect(told.length).toBeGreaterThan(0)
      expect(told.map((one) => 'state' in one && one.state)).toContain('Down')
      for (const one of told) expect(event.parse(one)).toEqual(one)
    })
  })

  it('keeps the newest within its bound, and says how many are gone', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const { sql } = life.state.storage
      sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO outbox (at, kind, fields) SELECT 0, 'publication.recovered', '{"revision":1}' FROM n`,
        MAX_OUTBOX_EVENTS,
      )
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      await life.change({ kind: 'shift', weights: { canary: 30 } })
      const { count } = sql.exec<{ count: number }>('SELECT count(*) AS count FROM outbox').one()
      expect(count).toBe(MAX_OUTBOX_EVENTS)
      expect(await life.events(0, 1)).toMatchObject({ events: [{ id: 4 }], missed: 3, next: 4 })
      const { next } = await life.events(MAX_OUTBOX_EVENTS)
      expect(await life.events(next)).toEqual({ events: [], next, missed: 0 })
    })
  })

  it('gives a place to begin at to whoever has none', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const answer = await life.control.events(caller, undefined, 10)
      expect(answer).toEqual({ ok: true, value: { events: [], next: 1, missed: 0 } })
    })
  })

  it('has a shape for each kind of event', () => {
    expect(Object.keys(EVENT_FIELDS)).toHaveLength(new Set(Object.keys(EVENT_FIELDS)).size)
    expect(event.safeParse({ id: 1, at: 0, kind: 'revision.committed' }).success).toBe(false)
  })
})

describe('a subscriber', () => {
  it('is given every event once, in order, from the moment it exists', async () => {
    const world = await createPublished()
    const { subscriber, ids } = listen()
    world.subscribers = [subscriber]
    await world.live(async (life) => {
      for (const canary of [10, 20, 30]) await life.change({ kind: 'shift', weights: { canary } })
      await settle(life)
    })
    await world.live(async (life) => {
      await life.change({ kind: 'shift', weights: { canary: 40 } })
      await settle(life)
    })
    expect(ids()).toEqual([2, 3, 4, 5])
  })

  it('gets a long backlog in portions', async () => {
    const world = await createPublished()
    const { subscriber, taken } = listen()
    const sizes: number[] = []
    const deliver = async (events: readonly HoloEvent[]) => {
      sizes.push(events.length)
      await subscriber.deliver(events)
    }
    world.subscribers = [{ name: 'test', deliver }]
    await world.live(async (life) => {
      life.state.storage.sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO outbox (at, kind, fields) SELECT 0, 'publication.recovered', '{"revision":1}' FROM n`,
        EVENTS_PER_DELIVERY * 2,
      )
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      await settle(life)
    })
    expect(sizes).toEqual([EVENTS_PER_DELIVERY, EVENTS_PER_DELIVERY, 1])
    expect(taken).toHaveLength(EVENTS_PER_DELIVERY * 2 + 1)
  })

  it('that fails is asked again later and later, and blocks neither others nor what it is told of', async () => {
    const world = await createPublished()
    const well = listen('well')
    const triedAt: number[] = []
    const deliver = async () => {
      triedAt.push(world.now)
      throw new Error('not now')
    }
    world.subscribers = [{ name: 'ill', deliver }, well.subscriber]
    await world.live(async (life) => {
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      for (let i = 0; i < 12; i++) {
        await life.runAlarm()
        await life.settle()
      }
      expect(await life.health()).toMatchObject({ revision: 2, published: 2 })
    })
    expect(well.ids()).toEqual([2])
    const waits = triedAt.slice(1).map((at, i) => at - (triedAt[i] ?? 0))
    expect(waits[0]).toBe(FIRST_RETRY_MS)
    expect(waits.at(-1)).toBe(LONGEST_RETRY_MS)
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  })

  it('costs nothing while nothing happens', async () => {
    const world = await createPublished()
    world.subscribers = [listen().subscriber]
    await world.live(async (life) => {
      const before = world.rowsWritten
      for (let minute = 0; minute < 60; minute++) {
        world.now += 60_000
        await life.control.watch()
      }
      expect(world.rowsWritten).toBe(before)
      expect(await life.state.storage.getAlarm()).toBeNull()
    })
  })

  it('misses nothing when the control is killed at any step', async () => {
    const act = async (life: Life) => {
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      await life.state.storage.sync()
      await settle(life)
    }
    const steps: string[] = []
    const first = await createPublished()
    first.subscribers = [listen().subscriber]
    await first.live(async (life) => {
      first.onStep = (step) => steps.push(step)
      await act(life)
      first.onStep = () => undefined
    })
    expect(steps).toContain('before INSERT INTO outbox')
    expect(steps).toContain('after UPDATE subscribers SET')
    for (const [number, step] of steps.entries()) {
      const world = await createPublished()
      const { subscriber, taken } = listen()
      world.subscribers = [subscriber]
      let left = number
      await world
        .live((life) => {
          world.onStep = (_, state) => {
            if (left-- <= 0) state.abort('killed')
          }
          return act(life)
        })
        .catch(() => undefined)
      world.onStep = () => undefined
      world.work.length = 0
      world.now += 60_000
      await world.live(async (life) => {
        await life.control.watch()
        await settle(life)
        const { revision } = await life.health()
        const kept = (await life.events()).events
        const revisions = kept.map((one) => 'revision' in one && one.revision)
        expect({ step, revisions }).toEqual({ step, revisions: revision === 2 ? [1, 2] : [1] })
        // At least once, and in order.
        const told = [...new Set(taken.map(({ id }) => id))]
        expect({ step, told }).toEqual({ step, told: revision === 2 ? [2] : [] })
      })
    }
  })
})

const principal = { actor: 'alice', token: 'id', scopes: ['admin'] } as const
const caller = {
  credential: { kind: 'token', token: 'alice' },
  requestId: 'r',
  address: '192.0.2.1',
} as const

async function settleOnce(life: Life): Promise<void> {
  await life.runAlarm()
  await life.settle()
}
