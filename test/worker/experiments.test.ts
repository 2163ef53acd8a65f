// From the evaluation of a flag to the sentence that says what is known: isolates count, the control compares.

import { describe, expect, it } from 'vitest'
import { Experiments } from '../../src/control/experiments/experiments.ts'
import type { Batch } from '../../src/core/counting/batch.ts'
import { BLOCK_MS } from '../../src/core/judge/sets.ts'
import { compileFlags } from '../../src/document/compile-flags.ts'
import { loadEvaluator } from '../../src/flags/evaluate.ts'
import { listExperimentViews, listExposed } from '../../src/flags/experiments.ts'
import { writePoints } from '../../src/metrics/counter.ts'
import type { CountedRequest } from '../../src/metrics/observed.ts'
import { Recorder } from '../../src/metrics/recorder.ts'
import { World } from './control-world.ts'
import { answeredWith, DOCUMENT, toAnswered, toAsked, type Way } from './metrics-asked.ts'

await loadEvaluator()

const SPLIT = [
  ['on', 50],
  ['off', 50],
]
const toDocument = (change: object = {}, split: unknown = SPLIT) => ({
  flags: {
    cart: {
      state: 'ENABLED' as const,
      variants: { on: true, off: false, beta: true },
      targeting: {
        if: [{ '==': [{ var: 'country' }, 'NZ'] }, 'on', { fractional: split }],
      },
      experiment: { metrics: ['goal.order', 'errors'], base: 'off', ...change },
    },
  },
})
const FLAGS = compileFlags(toDocument())
if (!FLAGS) throw new Error('there are flags')
const flags = FLAGS

const toVisitor = (i: number) => `visitor${String(i).padStart(15, '0')}`

/** A request of a visitor, as the router tells it. */
function ask(way: Way): CountedRequest {
  const asked = toAsked(way)
  const { facts, decision } = asked
  return {
    ...asked,
    listExperiments: (places) => listExperimentViews(facts, decision, flags, places),
  }
}

function setUp(world: World, storage: DurableObjectStorage) {
  let head = { revision: 3, content: toDocument() }
  const toExperiments = () =>
    new Experiments({ storage, now: () => world.now, toKey: () => 'key', head: () => head })
  let experiments = toExperiments()
  const recorder = new Recorder({ now: () => world.now, toIsolate: () => 'isolate' })
  recorder.outgoing.collect(experiments.collected)
  const visit = (i: number, country = 'DE') => {
    const address = `${20 + (i % 180)}.${i % 251}.${Math.floor(i / 251)}.7`
    const way = { visitor: toVisitor(i), headers: { 'cf-connecting-ip': address, ...DOCUMENT } }
    const page = ask(way)
    const [view] = listExperimentViews(page.facts, page.decision, flags, ['flag cart'])
    return {
      variant: view?.decision.version.id,
      expose: () => {
        const context = { targetingKey: toVisitor(i), country }
        const exposure = { keys: ['cart'], flags, context, decision: page.decision }
        recorder.recordExposed(page, (places) => listExposed(exposure, places))
        recorder.record(page, toAnswered())
      },
      order: () =>
        recorder.record(ask({ ...way, url: '/api/orders', method: 'POST' }), toAnswered()),
      fail: () => recorder.record(ask({ ...way, url: '/api/x' }), answeredWith(500)),
    }
  }
  const send = (): Batch | undefined => {
    const batch = recorder.outgoing.take(world.now)
    if (!batch) return undefined
    recorder.outgoing.arrived(batch, experiments.collected)
    experiments.receive(batch.windows.flatMap(({ groups }) => groups))
    world.now += BLOCK_MS + 1
    experiments.look()
    return batch
  }
  return {
    visit,
    send,
    report: () => experiments.report(),
    restart: () => {
      experiments = toExperiments()
    },
    change: (change: object, split?: unknown) => {
      head = { revision: head.revision + 1, content: toDocument(change, split) }
    },
    countRows: () => storage.sql.exec('SELECT look FROM experiment_changes').toArray().length,
    collected: () => experiments.collected,
    looks: (count: number) => {
      for (let i = 0; i < count; i++) experiments.look()
    },
  }
}

async function run(test: (setting: ReturnType<typeof setUp>, world: World) => void) {
  const world = await World.create()
  await world.live(async ({ state }) => test(setUp(world, state.storage), world))
}

describe('an experiment', () => {
  it('says which variant is better, counts each visitor once, and knows it after a restart', () =>
    run(({ visit, send, report, restart }) => {
      for (let i = 0; i < 1200; i++) {
        const visitor = visit(i)
        visitor.expose()
        visitor.expose()
        if (i % 10 < (visitor.variant === 'on' ? 5 : 1)) visitor.order()
        if (i % 200 === 199) send()
      }
      const [told] = report()
      const [comparison] = told?.comparisons ?? []
      expect(told).toMatchObject({ flag: 'cart', base: 'off', weights: { on: 50, off: 50 } })
      expect(comparison).toMatchObject({ variant: 'on', outcome: 'better' })
      expect(comparison?.sentence).toMatch(/^"on" is better than "off": .*the goal "order"/)
      const [base = 0, variant = 0] = comparison?.visitors ?? []
      expect(base + variant).toBe(1200)
      restart()
      expect(report()).toEqual([told])
    }))

  it('counts nothing for who was not exposed, or has the variant by a rule', () =>
    run(({ visit, send, report }) => {
      for (let i = 0; i < 100; i++) {
        const visitor = visit(i, 'NZ')
        if (i % 2 === 0) visitor.expose()
        visitor.fail()
      }
      send()
      const [comparison] = report()[0]?.comparisons ?? []
      expect(comparison).toMatchObject({
        visitors: [0, 0],
        sentence: 'no visitor was exposed yet',
      })
    }))

  it('goes on when weights change, begins anew with other metrics, and ends with its field', () =>
    run(({ visit, send, report, change, collected }) => {
      for (let i = 0; i < 50; i++) visit(i).expose()
      send()
      const counted = () =>
        report()[0]?.comparisons[0]?.visitors.reduce((sum, count) => sum + count, 0)
      expect(counted()).toBe(50)
      change({}, [
        ['on', 60],
        ['off', 40],
      ])
      expect(counted()).toBe(50)
      change({ metrics: ['errors'] })
      expect(counted()).toBe(0)
      change({ base: 'on', metrics: ['errors'] })
      expect(report()[0]?.comparisons).toMatchObject([{ variant: 'off' }])
      expect(Object.keys(collected())).toEqual(['flag cart'])
    }))

  it('is no traffic of a version where traffic is told', () =>
    run(({ visit, send }) => {
      visit(1).expose()
      const batch = send()
      const places = batch?.windows.flatMap(({ groups }) =>
        groups.map(({ environment }) => environment),
      )
      expect(places).toContain('flag cart')
      const points: unknown[] = []
      if (batch) writePoints({ writeDataPoint: (point) => points.push(point) }, batch)
      expect(JSON.stringify(points)).not.toContain('flag cart')
    }))

  it('keeps few rows of changes however often it looks, and knows the same after a restart', () =>
    run(({ visit, send, report, restart, countRows }) => {
      for (let i = 0; i < 300; i++) {
        visit(i).expose()
        send()
      }
      const told = report()
      expect(countRows()).toBe(1)
      for (let i = 300; i < 2600; i++) {
        visit(i).expose()
        if (i % 500 === 0) send()
      }
      send()
      expect(countRows()).toBeLessThanOrEqual(3)
      const after = report()
      restart()
      expect(report()).toEqual(after)
      expect(after).not.toEqual(told)
      // Who was counted before the restart is not counted again.
      visit(7).expose()
      send()
      expect(report()).toEqual(after)
    }))

  it('writes two rows for a look that has news, and none otherwise', () =>
    run(({ visit, send, looks }, world) => {
      visit(1).expose()
      const before = world.rowsWritten
      send()
      expect(world.rowsWritten - before).toBeLessThanOrEqual(2)
      looks(10)
      world.now += BLOCK_MS + 1
      looks(10)
      expect(world.rowsWritten - before).toBeLessThanOrEqual(2)
    }))
})
