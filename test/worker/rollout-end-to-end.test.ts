// Whole rollouts from the request to the decision and back: real isolates count what visitors meet, the
// control judges it, and what it decides comes back to the isolates. Only time and backends are made up.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bucketOf } from '../../src/core/traffic.ts'
import { ALICE } from './control-world.ts'
import {
  type Asked,
  countVisitors,
  failsFor,
  isDocument,
  NEW,
  OLD,
  QUIET,
  SECOND,
} from './rollout-edge.ts'
import {
  createSite,
  type Fleet,
  live,
  sumAsked,
  sumCounted,
  TAB_LIFE_MS,
  toVisitor,
} from './rollout-fleet.ts'
import { MINUTE } from './rollout-world.ts'

const WINDOW_MS = 10 * SECOND
/** Invariant 6: no document is decided on what was superseded longer ago. */
const PROMISED_MS = 5 * SECOND
/** The control has counts so long after they were made, and gives them to the judge. */
const TOLD_MS = 25 * SECOND
/** Minutes of many visitors; a busy machine takes a while for them. */
vi.setConfig({ testTimeout: 120_000 })

const METRICS = [{ name: 'errors', margin: 2 }, { name: 'latency' }]

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const inSeconds = (ms: number) => `${(ms / SECOND).toFixed(1)} s`

/** The rollout begins when nobody is there, so that the first visitor is counted as well. */
async function startInSilence(fleet: Fleet, plan: object): Promise<void> {
  await fleet.run(TAB_LIFE_MS)
  await fleet.rolling.start({ plan: plan as never })
  await fleet.run(WINDOW_MS)
  fleet.edge.asked.length = 0
}

describe('a healthy version', () => {
  it('goes 1, 5, 25, 95, 100 % by itself, and every visitor is counted once', async () => {
    await live(await createSite(), 1, async (fleet) => {
      const { rolling } = fleet
      const timed = { gate: 'time', minMinutes: 0.5 }
      await startInSilence(fleet, {
        steps: [
          { weight: 1, ...timed },
          { weight: 5, ...timed },
          { weight: 25, gate: 'evidence', minMinutes: 0.5 },
        ],
        ...{ bake: { minutes: 0.5, heldBack: 5 }, metrics: METRICS, minVisitors: 5 },
      })
      fleet.edge.serve({ failing: { [OLD]: 0.2, [NEW]: 0.2 } })
      fleet.arrive(12, 10 * MINUTE)
      const { phase, endedAt = 0 } = await fleet.finish(9 * MINUTE)
      expect(phase).toBe('promoted')
      const { transitions } = await rolling.explain()
      expect(transitions.map(({ weight }) => weight)).toEqual([1, 5, 25, 95, 100])
      expect((await rolling.content()).environments.main?.version).toBe(NEW)
      expect(await rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
      expect(await rolling.replay()).toMatchObject({ same: true, transitions: 5, differences: [] })
      // Each opens one page, and asks from it at any of the isolates, which tell of it within seconds.
      const askedUntil = (ms: number) =>
        sumAsked(fleet.edge.asked.filter(({ at }) => at < endedAt - ms)).assigned
      const { assigned } = sumCounted(await fleet.windows())
      for (const side of [0, 1] as const) {
        expect(assigned[side]).toBeGreaterThanOrEqual(askedUntil(TOLD_MS)[side])
        expect(assigned[side]).toBeLessThanOrEqual(askedUntil(0)[side])
      }
      expect(assigned[0] + assigned[1]).toBeGreaterThan(1000)
      await fleet.run(WINDOW_MS)
      const later = fleet.edge.asked.filter(
        (one) => isDocument(one) && one.at > endedAt + PROMISED_MS,
      )
      expect(sumAsked(later).assigned).toEqual([0, countVisitors(later)])
    })
  })
})

describe('a version that is worse', () => {
  it.each([
    ['fails for 3 % of its visitors', 'got 500 from GET /api/', true],
    ['is 300 ms slower', 'waited longer than', false],
  ])('and %s takes itself back: %s, withdrawn: %s', async (_, what, withdraw) => {
    await live(await createSite(), 2, async (fleet) => {
      const isSlow = what.startsWith('waited')
      // With half of the visitors little time is needed, and so few requests.
      const steps = [{ weight: 50, gate: 'time', minMinutes: 10 }]
      await fleet.rolling.start({ plan: { steps, withdraw, warmUpMinutes: 0.5 } as never })
      fleet.edge.serve(
        isSlow ? { slowerMs: { [NEW]: 300 } } : { failing: { [OLD]: 0.001, [NEW]: 0.03 } },
      )
      // Slowness takes minutes to be found, however many visitors there are.
      fleet.arrive(isSlow ? 5 : 12, 10 * MINUTE)
      const { phase, reason, endedAt = 0 } = await fleet.finish(9 * MINUTE)
      expect(phase).toBe('rolledBack')
      expect(reason).toContain(what)
      expect(await fleet.rolling.buckets()).toEqual({ main: 10_000, canary: 0 })
      await fleet.run(TAB_LIFE_MS + WINDOW_MS)
      const bad = fleet.edge.asked.filter(({ version }) => version === NEW)
      const first = bad.find(
        ({ at, ended, status }) => status === 500 || (isSlow && ended > at + 300),
      )
      const last = (asked: readonly Asked[]) =>
        asked.reduce((latest, { at }) => Math.max(latest, at - endedAt), 0)
      const lastDocument = last(bad.filter(isDocument))
      const lastOfBusy = last(bad.filter(({ isolate }) => isolate !== QUIET))
      expect(countVisitors(bad)).toBeGreaterThan(20)
      expect(lastDocument).toBeLessThanOrEqual(PROMISED_MS)
      if (withdraw) expect(lastOfBusy).toBeLessThanOrEqual(PROMISED_MS)
      else expect(lastOfBusy).toBeGreaterThan(TAB_LIFE_MS / 2)
      expect(last(bad)).toBeLessThanOrEqual(PROMISED_MS + TAB_LIFE_MS)
      console.log(
        `${what}, ${withdraw ? 'withdrawn' : 'not withdrawn, tabs open for 30 s'}: ` +
          `${countVisitors(bad)} visitors exposed; from the first bad request to the decision ` +
          `${inSeconds(endedAt - (first?.at ?? 0))}; from there to the last document ` +
          `${inSeconds(lastDocument)}, to the last request ${inSeconds(lastOfBusy)} in busy ` +
          `isolates and ${inSeconds(last(bad))} in all`,
      )
    })
  })
})

describe('a version that fails for everybody', () => {
  it('is taken back within 5 s of the third client, however close their reports come', async () => {
    const site = await createSite()
    await live(site, 6, async (fleet) => {
      const { clock, rolling, edge } = fleet
      site.world.later = (run, ms) => clock.at(clock.now + ms, run)
      await rolling.start({
        plan: { steps: [{ weight: 5, gate: 'time', minMinutes: 10 }] } as never,
      })
      await fleet.run(WINDOW_MS)
      edge.backend = (version) => ({ status: version === NEW ? 503 : 200, ms: 40 })
      const { salt, traffic } = await rolling.content()
      const isNew = (number: number) => {
        const bucket = bucketOf(salt, toVisitor(number))
        return traffic.canary?.some(([from, to]) => from <= bucket && bucket < to) === true
      }
      const numbers = [...Array(1000).keys()].map((i) => 5000 + i).filter(isNew)
      // Just after a look, so that the next one is far. Each asks half a second after its page.
      for (const i of [0, 1, 2]) fleet.visit(numbers[i] ?? 0, clock.now + SECOND + 200 * i)
      const { phase, endedAt = 0 } = await fleet.finish(WINDOW_MS)
      const failed = edge.asked.filter(({ status }) => status === 503)
      expect(new Set(failed.map(({ isolate }) => isolate)).size).toBe(3)
      expect(phase).toBe('rolledBack')
      const third = failed[2]?.ended ?? 0
      console.log(`${inSeconds(endedAt - third)} after the third client`)
      expect(endedAt - third).toBeLessThanOrEqual(PROMISED_MS)
    })
  })
})

describe('an incident that hits both versions', () => {
  it.each([
    ['takes no healthy version back, though a third of all fails', 0.3, 0.005, 'promoted', NEW],
    ['hides no bad version, where it is small', 0.02, 0.06, 'rolledBack', OLD],
  ])('%s', async (_, flaky, rate, end, version) => {
    await live(await createSite(), 3, async (fleet) => {
      const { rolling } = fleet
      const plan = {
        steps: [
          { weight: 10, gate: 'time', minMinutes: 1.5 },
          { weight: 25, gate: 'evidence', minMinutes: 0.5 },
        ],
        ...{ bake: { minutes: 0.5, heldBack: 5 }, metrics: METRICS, minVisitors: 20 },
      }
      await rolling.start({ plan: plan as never })
      fleet.arrive(12, 10 * MINUTE)
      const failing = { [OLD]: 0.005, [NEW]: rate }
      fleet.edge.serve({ failing, flaky })
      await fleet.run(MINUTE)
      expect(await rolling.status()).toMatchObject({ phase: 'step', weight: 10 })
      fleet.edge.serve({ failing })
      expect(await fleet.finish(9 * MINUTE)).toMatchObject({ phase: end })
      expect((await rolling.content()).environments.main?.version).toBe(version)
    })
  })
})

describe('batches', () => {
  type Carry = (fleet: Fleet) => Fleet['carry']
  const run = async (carry?: Carry) =>
    live(await createSite(), 4, async (fleet) => {
      await startInSilence(fleet, { steps: [{ weight: 25, gate: 'manual' }] })
      if (carry) fleet.carry = carry(fleet)
      fleet.edge.serve({ failing: { [OLD]: 0.1, [NEW]: 0.1 } })
      fleet.arrive(20, 40 * SECOND)
      await fleet.run(2.5 * MINUTE)
      const since = await fleet.life.control.metricsSince(ALICE)
      if (!since.ok) throw new Error('denied')
      const { series, losses } = since.value
      return { windows: await fleet.windows(), asked: sumAsked(fleet.edge.asked), series, losses }
    })

  it('that come twice, too late, or whose answer is lost are counted once', async () => {
    const plain = await run()
    expect(sumCounted(plain.windows)).toEqual(plain.asked)
    expect(plain.asked.failed[1]).toBeGreaterThan(10)
    expect(plain.losses).toMatchObject({ duplicates: 0, late: 0 })
    const sent = { batches: 0, requests: 0 }
    const spoilt = await run(({ life, clock }) => {
      const { control } = life
      const lost = new Set<string>()
      return async (report) => {
        const { batch } = report
        if (!batch) return control.sync(report)
        const key = `${batch.isolate} ${batch.sequence}`
        await control.sync(report)
        if (batch.sequence % 3 === 0 && !lost.has(key)) {
          lost.add(key)
          throw new Error('the answer was lost')
        }
        sent.batches += 1
        const groups = batch.windows.flatMap((window) => window.groups)
        sent.requests += groups.reduce((sum, { totals }) => sum + totals.requests, 0)
        // Nobody has heard of that isolate, so that its batch is not known for an old one.
        const late = { ...report, batch: { ...batch, isolate: `late ${batch.isolate}` } }
        clock.at(clock.now + 40 * SECOND, () => control.sync(late))
        return control.sync(report)
      }
    })
    expect(sumCounted(spoilt.windows)).toEqual(plain.asked)
    expect(spoilt.series).toEqual(plain.series)
    expect(spoilt.losses.late).toBe(sent.requests)
    expect(sent.requests).toBeGreaterThan(2000)
    expect(spoilt.losses.duplicates).toBeGreaterThanOrEqual(sent.batches)
  })
})

describe('a control that starts anew in the middle of a step', () => {
  it('loses nothing that was judged, counts nobody twice, and goes on', async () => {
    const site = await createSite()
    const [first, end] = [1000, 1150]
    const { fleet, before } = await live(site, 5, async (fleet) => {
      const steps = [{ weight: 50, gate: 'time', minMinutes: 2 }]
      await startInSilence(fleet, { steps, bake: { minutes: 0.5, heldBack: 5 }, minVisitors: 3 })
      fleet.edge.backend = (version, visitor) => ({
        status: failsFor(version, 0.1, visitor) ? 500 : 200,
        ms: 0,
      })
      // The same people again and again, twenty seconds apart.
      for (let time = fleet.clock.now; time < fleet.clock.now + 5 * MINUTE; time += 20 * SECOND) {
        for (let number = first; number < end; number++) {
          fleet.visit(number, time + 20 * SECOND * fleet.clock.random())
        }
      }
      await fleet.run(65 * SECOND)
      return { fleet, before: await fleet.windows() }
    })
    expect(before.length).toBeGreaterThan(2)
    await site.world.live(async (life) => {
      fleet.goOn(life)
      const isBaking = async () => (await fleet.rolling.status()).phase === 'bake'
      await fleet.run(3 * MINUTE, isBaking)
      const beforeBake = fleet.edge.asked.length
      expect(await fleet.finish(2 * MINUTE)).toMatchObject({ phase: 'promoted' })
      const windows = await fleet.windows()
      expect(windows.slice(0, before.length)).toEqual(before)
      expect(windows.length).toBeGreaterThan(before.length)
      expect(await fleet.rolling.replay()).toMatchObject({ same: true, windows: windows.length })
      // Whoever was lost before a look has come again, and nobody counts for coming again.
      const revision = (await fleet.rolling.explain()).transitions[0]?.revision
      const step = windows.map((window) => ({
        ...window,
        assigned: window.assigned.filter(({ id }) => id === revision),
      }))
      expect(sumCounted(step).assigned).toEqual(
        sumAsked(fleet.edge.asked.slice(0, beforeBake)).assigned,
      )
    })
  })
})
