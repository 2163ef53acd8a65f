// Replays of rollouts that have run for long: in steps, each of which leaves room for others.

import { describe, expect, it } from 'vitest'
import { createApp } from '../../src/api/http/app.ts'
import { ROUTES } from '../../src/api/routes.ts'
import { MAX_EVENT_CHUNK_CHARACTERS, REPLAYED_CHUNKS_PER_STEP } from '../../src/control/limits.ts'
import { giveEvents } from '../../src/control/rollouts/feed.ts'
import { RolloutStore } from '../../src/control/rollouts/store.ts'
import type { RolloutEvent } from '../../src/core/rollout/events.ts'
import type { RolloutState } from '../../src/core/rollout/state.ts'
import { seededRandom } from '../../src/core/simulate/random.ts'
import { drawWindow } from '../../src/core/simulate/traffic.ts'
import { ALICE, toCaller } from './control-world.ts'
import { createRollingWorld, HEALTHY, live, type Rolling } from './rollout-world.ts'

const PLAN = { steps: [{ weight: 25, gate: 'manual' }] }
/** A few chunks more than one step takes in; 60,480 are a week. */
const WINDOWS = 11_500

type Looks = { readonly state: RolloutState; readonly chunks: readonly string[] }

/** Looks as they would have been stored, one window in each: a day of them by alarms takes a minute. */
function makeLooks(before: RolloutState, from: number): Looks {
  let state = before
  const { metrics } = state.plan
  const random = seededRandom(7)
  const chunks: string[] = ['']
  for (let id = 1; id <= WINDOWS; id++) {
    const drawn = drawWindow(random, { ...HEALTHY, visitorsPerMinute: 2000 }, 25, metrics)
    const assigned = [{ id: 2, shares: [0.75, 0.25], visitors: drawn.visitors }]
    const window = { id, generation: 1, metrics: drawn.metrics, assigned }
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

const END = { done: true, same: true, events: WINDOWS + 1, windows: WINDOWS, differences: [] }

describe('the replay of a long rollout', () => {
  it('takes steps, and others have their turn within each', async () => {
    const world = await begin()
    await live(world, async (rolling) => {
      const began = performance.now()
      const first = rolling.replay()
      let answered = 0
      const others = (async () => {
        for (; answered < 5; answered++) await rolling.life.control.rollout(ALICE, 1)
      })()
      const step = await first
      console.log(`one step of ${REPLAYED_CHUNKS_PER_STEP} chunks: ${performance.now() - began} ms`)
      expect(answered).toBe(5)
      await others
      expect(step).toMatchObject({ done: false, of: WINDOWS + 1 })
      expect(await rolling.replay()).toMatchObject(END)
      // The next one begins anew.
      expect(await rolling.replay()).toEqual(step)
    })
  })

  it('is a 202 of the API until it is over', async () => {
    const world = await begin()
    await live(world, async (rolling) => {
      const path = '/.holo/api/rollouts/1/replay'
      const ask = async () => {
        const headers = { authorization: `Bearer ${'x'.repeat(40)}` }
        const response = await createApp(ROUTES).fetch(
          new Request(`https://shop.example.com${path}`, { headers }),
          { path, requestId: 'r1', getControl: () => rolling.life.control, now: Date.now() },
        )
        return { status: response.status, body: await response.json() }
      }
      const body = { done: false, events: expect.any(Number), of: WINDOWS + 1 }
      expect(await ask()).toEqual({ status: 202, body })
      expect(await ask()).toMatchObject({ status: 200, body: END })
    })
  })

  it('begins anew where the control did, or nobody went on for long', async () => {
    const world = await begin()
    const step = await live(world, (rolling) => rolling.replay())
    await live(world, async (rolling) => {
      expect(await rolling.replay()).toEqual(step)
      rolling.life.world.now += 61_000
      expect(await rolling.replay()).toEqual(step)
      expect(await rolling.replay()).toMatchObject(END)
    })
  })

  it('comes to the same for two who ask at once', async () => {
    const world = await begin()
    await live(world, async (rolling) => {
      const all = async (name: string) => {
        for (;;) {
          const replay = await rolling.replay(1, toCaller(name))
          if (replay?.done) return replay
        }
      }
      for (const replay of await Promise.all([all('alice'), all('bob')]))
        expect(replay).toMatchObject(END)
    })
  })

  it('names what differs, also behind the first step', async () => {
    const world = await begin()
    await live(world, async (rolling) => {
      const { sql } = rolling.life.state.storage
      sql.exec(
        `UPDATE rollout_events SET lines = replace(lines, '"errors":[[', '"errors":[[1')
         WHERE chunk = (SELECT max(chunk) FROM rollout_events)`,
      )
      expect(await rolling.replay()).toMatchObject({ done: false })
      expect(await rolling.replay()).toMatchObject({
        same: false,
        differences: ['the state is another one'],
      })
    })
  })
})
