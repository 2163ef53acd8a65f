// Replays of rollouts that have run for long: whoever asks works them out from pages of events.

import { describe, expect, it } from 'vitest'
import { createApp } from '../../src/api/http/app.ts'
import { ROUTES } from '../../src/api/routes.ts'
import { MAX_EVENTS_PAGE_BYTES, readEventsPage } from '../../src/control/rollouts/reading.ts'
import { MAX_EVENT_CHUNK_CHARACTERS, RolloutStore } from '../../src/control/rollouts/store.ts'
import type { RolloutEvent } from '../../src/core/rollout/events.ts'
import { giveEvents } from '../../src/core/rollout/give-events.ts'
import { Replay } from '../../src/core/rollout/replay.ts'
import type { RolloutState } from '../../src/core/rollout/state.ts'
import { seededRandom } from '../../src/core/simulate/random.ts'
import { rolloutEventsReply } from '../../src/wire/rollout-events.ts'
import { createRollingWorld, drawWindow, HEALTHY, live, type Rolling } from './rollout-world.ts'

const PLAN = { steps: [{ weight: 25, gate: 'manual' }] }
/** More than fit on a few pages; 60,480 are a week. */
const WINDOWS = 8000

type Looks = { readonly state: RolloutState; readonly chunks: readonly string[] }

/** Looks as they would have been stored, one window in each: a day of them by alarms takes a minute. */
function makeLooks(before: RolloutState, from: number): Looks {
  let state = before
  const random = seededRandom(7)
  const chunks: string[] = ['']
  for (let id = 1; id <= WINDOWS; id++) {
    const load = { ...HEALTHY, visitorsPerMinute: 200 }
    const window = drawWindow(random, load, 25, { id, generation: 1, stratum: 2 })
    const event: RolloutEvent = { kind: 'tick', now: from + id * 10_000, windows: [window] }
    const outcome = giveEvents(state, [event])
    if ('refused' in outcome || outcome.transitions.length > 0) throw new Error('it has moved')
    state = outcome.state
    const line = `${JSON.stringify(event)}\n`
    const last = chunks.pop() ?? ''
    const isFull = last.length + line.length > MAX_EVENT_CHUNK_CHARACTERS
    chunks.push(...(isFull ? [last, line] : [last + line]))
  }
  return { state, chunks }
}

/** The same in every test: they begin at the same time. */
let made: Looks | undefined

function storeLooks({ life: { state: object, world } }: Rolling): void {
  const { sql } = object.storage
  const rollout = new RolloutStore(sql).get(1)
  if (!rollout) throw new Error('there is no rollout')
  made ??= makeLooks(rollout.state, world.now)
  for (const [i, lines] of made.chunks.entries()) {
    const chunk = rollout.chunk + 1 + i
    sql.exec('INSERT INTO rollout_events (rollout, chunk, lines) VALUES (1, ?, ?)', chunk, lines)
  }
  sql.exec(
    'UPDATE rollouts SET state = ?, events = ?, chunk = ?, chunk_characters = ? WHERE id = 1',
    ...[JSON.stringify(made.state), rollout.events + WINDOWS],
    ...[rollout.chunk + made.chunks.length, MAX_EVENT_CHUNK_CHARACTERS],
  )
}

async function begin() {
  const world = await createRollingWorld()
  await live(world, async (rolling) => {
    await rolling.start({ plan: PLAN })
    storeLooks(rolling)
  })
  return world
}

const END = { same: true, events: WINDOWS + 1, windows: WINDOWS, differences: [] }

describe('the events of a long rollout', () => {
  it('come in pages that are bounded in bytes, and a replay of all of them is the same', async () => {
    const world = await begin()
    await live(world, async (rolling) => {
      const sizes: number[] = []
      let next: string | undefined
      do {
        const { recorded: _, ...page } = await rolling.eventsPage(1, next)
        sizes.push(new TextEncoder().encode(JSON.stringify(page)).length)
        next = page.next
      } while (next !== undefined)
      expect(sizes.length).toBeGreaterThan(2)
      // A little is added by the names of the fields around events and rows.
      expect(Math.max(...sizes)).toBeLessThan(MAX_EVENTS_PAGE_BYTES * 1.1)
      expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(MAX_EVENTS_PAGE_BYTES * 0.9)
      expect(await rolling.replay()).toMatchObject(END)
    })
  })

  it('are handed out by the API, from where the page before ended', async () => {
    const world = await begin()
    await live(world, async (rolling) => {
      const ask = async (below: string, query = '') => {
        const path = `/.holo/api/rollouts/1${below}`
        const headers = { authorization: `Bearer ${'x'.repeat(40)}` }
        const response = await createApp(ROUTES).fetch(
          new Request(`https://shop.example.com${path}${query}`, { headers }),
          { path, requestId: 'r1', getControl: () => rolling.life.control, now: Date.now() },
        )
        return { status: response.status, body: await response.json() }
      }
      const replay = await (async () => {
        const first = rolloutEventsReply.parse((await ask('/events')).body)
        if (!first.recorded) throw new Error('no state')
        const made = new Replay(first.recorded)
        made.add(first.events, first.transitions)
        for (let { next } = first; next !== undefined; ) {
          const page = rolloutEventsReply.parse((await ask('/events', `?cursor=${next}`)).body)
          expect(page.recorded).toBeUndefined()
          made.add(page.events, page.transitions)
          next = page.next
        }
        return made.result()
      })()
      expect(replay).toMatchObject(END)
      expect((await ask('/events', '?cursor=x')).status).toBe(400)
      const behind = await ask('/events', '?cursor=999-0-99999')
      expect(behind).toEqual({ status: 200, body: { events: [], transitions: [] } })
      // The control steps nothing for a replay: there is no such route any more.
      expect((await ask('/replay')).status).toBe(404)
    })
  })

  it('that come while they are read are left out of the replay', async () => {
    const world = await begin()
    await live(world, async (rolling) => {
      const first = await rolling.eventsPage()
      if (!first.recorded) throw new Error('no state')
      const replay = new Replay(first.recorded)
      replay.add(first.events, first.transitions)
      await rolling.command('pause')
      for (let { next } = first; next !== undefined; ) {
        const page = await rolling.eventsPage(1, next)
        replay.add(page.events, page.transitions)
        next = page.next
      }
      expect(replay.isOver).toBe(true)
      expect(replay.result()).toMatchObject(END)
      expect(await rolling.replay()).toMatchObject({ ...END, events: WINDOWS + 2 })
    })
  })

  it('are compared to the last: a replay names what differs, also behind the first page', async () => {
    const world = await begin()
    await live(world, async (rolling) => {
      const { sql } = rolling.life.state.storage
      sql.exec(
        `UPDATE rollout_events SET lines = replace(lines, '"crowd":0', '"crowd":0.25')
         WHERE chunk = (SELECT max(chunk) FROM rollout_events)`,
      )
      expect(await rolling.replay()).toMatchObject({
        same: false,
        differences: ['the state is another one'],
      })
      sql.exec(`UPDATE rollout_transitions SET row = replace(row, '"weight":25', '"weight":24')`)
      const { differences } = await rolling.replay()
      expect(differences[0]).toMatch(/^transition 1: .*"weight":25.*, and not .*"weight":24/)
    })
  })

  it('that were deleted are missed, and nothing is compared', async () => {
    const world = await begin()
    await live(world, async (rolling) => {
      rolling.life.state.storage.sql.exec('DELETE FROM rollout_events WHERE chunk > 3')
      const { same, differences, events } = await rolling.replay()
      expect({ same, differences }).toEqual({
        same: false,
        differences: [
          `of ${WINDOWS + 1} events ${events} could be replayed; the control deletes the events of old rollouts`,
        ],
      })
    })
  })

  it('are never more than a page, however large the transitions of one chunk are', () => {
    const lines = Array.from({ length: 10 }, (_, now) => JSON.stringify({ kind: 'pause', now }))
    const reason = 'x'.repeat(MAX_EVENTS_PAGE_BYTES / 4)
    const row = JSON.stringify({ reason, verdict: { blind: [] } })
    const store = {
      eventLines: (_: number, chunk: number) => (chunk < 2 ? lines : undefined),
      transitionsOf: (_: number, from: number, to: number) =>
        Array.from({ length: to - from }, (_, i) => ({
          event: from + i,
          place: 0,
          row,
          revision: null,
          said: null,
        })),
    }
    const rollout = { id: 1, events: 20, state: {} as RolloutState, isOlder: false }
    const seen: number[] = []
    let cursor: string | undefined
    do {
      const { transitions, next, events } = readEventsPage(store, rollout, cursor)
      expect(events.length).toBe(transitions.length)
      expect(events.length).toBeLessThanOrEqual(4)
      seen.push(...transitions.map(({ event }) => event))
      cursor = next
    } while (cursor !== undefined)
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })
})

describe('a rollout that an older Holo has begun', () => {
  it('keeps its step and its pause, begins its analysis anew, and says so', async () => {
    const world = await createRollingWorld()
    await live(world, async (rolling) => {
      await rolling.start({ plan: PLAN })
      await rolling.command('pause')
      rolling.life.state.storage.sql.exec(
        "UPDATE rollouts SET state = json_remove(json_set(state, '$.phase.paused', 'by alice'), '$.form')",
      )
    })
    await live(world, async (rolling) => {
      expect(await rolling.status()).toMatchObject({
        paused: 'by alice',
        pause: { by: 'alice', cause: 'command' },
      })
      expect(await rolling.command('resume')).toMatchObject({ pause: undefined, weight: 25 })
      const { transitions } = await rolling.explain()
      expect(transitions.map(({ event }) => event)).toEqual(['start', 'pause', 'restart', 'resume'])
      expect(transitions[2]?.reason).toMatch(/newer Holo .+ the analysis begins anew/)
      expect(await rolling.replay()).toMatchObject({ same: true, events: 4 })
    })
  })
})
