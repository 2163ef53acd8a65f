// A control that rolls out, in a test: made-up visitors whose windows close every ten seconds, alarms and
// the watchdog when their time comes, and what the tests ask it.

import type { FlagStart, Start } from '../../src/control/rollouts/contract.ts'
import type { Counting, Stratum, WindowSource } from '../../src/control/rollouts/source.ts'
import type { RolloutRow } from '../../src/control/rollouts/store.ts'
import { findMetric } from '../../src/core/counting/metrics.ts'
import type { SetCounts } from '../../src/core/judge/sets.ts'
import type { Window } from '../../src/core/rollout/events.ts'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import { Replay } from '../../src/core/rollout/replay.ts'
import {
  drawBinomial,
  drawPoisson,
  type Random,
  seededRandom,
} from '../../src/core/simulate/random.ts'
import type { Load, SideModel } from '../../src/core/simulate/traffic.ts'
import { countBuckets, type Traffic } from '../../src/core/traffic.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import type { Command } from '../../src/wire/commands.ts'
import { rolloutEventsReply } from '../../src/wire/rollout-events.ts'
import type { RolloutCommand } from '../../src/wire/rollouts.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, BOB, type Life, World } from './control-world.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
const WINDOW = 10_000

const side = (rate: number): SideModel => ({ rate })
const speed = (median: number): SideModel => ({ median, spread: 0.5 })

/** Many visitors, one in a hundred of whom has an error on either side, and a fifth of a second for all. */
export const HEALTHY: Load = {
  visitorsPerMinute: 20_000,
  metrics: {
    errors: { base: side(0.01), canary: side(0.01) },
    latency: { base: speed(200), canary: speed(200) },
  },
}
export const FAILING: Load = {
  ...HEALTHY,
  metrics: { ...HEALTHY.metrics, errors: { base: side(0.001), canary: side(0.03) } },
}
export const SLOW: Load = {
  ...HEALTHY,
  metrics: { ...HEALTHY.metrics, latency: { base: speed(200), canary: speed(500) } },
}
/** Whatever is behind both versions is down for a third of the visitors. */
export const INCIDENT: Load = {
  ...HEALTHY,
  metrics: { ...HEALTHY.metrics, errors: { base: side(0.3), canary: side(0.3) } },
}

/** Windows as the control would close them. They stay when the control starts anew. */
export class Script implements WindowSource {
  load: Load = HEALTHY
  /** What becomes of a window before it is given: nothing, more of them, another one. */
  spoil: (window: Window) => readonly Window[] = (window) => [window]
  /** Called before windows are read; what it throws, the source throws. */
  beforeRead: () => void = () => undefined
  /** Gives windows again, however late it is. */
  repeats = false
  readonly told: (Counting | Stratum | { readonly stopped: number })[] = []
  /** Of the rollouts that run: the newest one. */
  readonly #strata = new Map<number, number>()
  /** Of the canary and the control together, and how many a rollback would have spared. */
  readonly exposed = { control: 0, canary: 0 }
  readonly #windows = new Map<number, Window[]>()
  readonly #random = seededRandom(20_261_124)
  #id = 0

  nextWindows(rollout: number, sinceId: number): readonly Window[] {
    this.beforeRead()
    const all = this.#windows.get(rollout) ?? []
    return this.repeats ? all.slice(-20) : all.filter(({ id }) => id > sinceId)
  }

  peekWindows(rollout: number, sinceId: number): readonly Window[] {
    return this.nextWindows(rollout, sinceId)
  }

  /** Nothing is stored: the windows stay. */
  store(): void {}

  confirm(): void {}

  startCounting(counting: Counting): void {
    this.told.push(counting)
  }

  startStratum(rollout: number, stratum: Stratum): void {
    this.told.push(stratum)
    this.#strata.set(rollout, stratum.revision)
  }

  stopCounting(rollout: number): void {
    this.told.push({ stopped: rollout })
  }

  /** Closes the window of a rollout whose canary had `weight` percent of the visitors. */
  close(rollout: number, generation: number, weight: number): void {
    this.#id++
    const stratum = this.#strata.get(rollout) ?? 0
    const window = drawWindow(this.#random, this.load, weight, {
      id: this.#id,
      generation,
      stratum,
    })
    this.exposed.control += window.visitors[0]
    this.exposed.canary += window.visitors[1]
    const windows = this.#windows.get(rollout) ?? []
    windows.push(...this.spoil(window))
    this.#windows.set(rollout, windows)
  }
}

type WindowOptions = Pick<Window, 'id' | 'generation'> & { readonly stratum: number }

/**
 * Ten seconds of a load of which the canary has `weight` percent. It draws how many meet each thing and not what
 * each visitor meets, which would take a thousand times as long.
 */
export function drawWindow(
  random: Random,
  load: Load,
  weight: number,
  { id, generation, stratum }: WindowOptions,
): Window {
  const share = weight / 100
  const count = drawPoisson(random, (load.visitorsPerMinute * WINDOW) / MINUTE)
  const canary = drawBinomial(random, count, share)
  const visitors = [count - canary, canary] as const
  return {
    id,
    generation,
    sets: drawSets(random, load, visitors, share),
    visitors,
    present: [{ share, base: visitors[0], canary }],
    crowd: 0,
    assigned: [{ id: stratum, shares: [100 - weight, weight], visitors }],
  }
}

/** What visitors met who each came once, all routes together. */
function drawSets(
  random: Random,
  load: Load,
  visitors: readonly [number, number],
  share: number,
): SetCounts[] {
  return PRESETS.standard.metrics.flatMap(({ name, tolerance }) => {
    const models = load.metrics[name]
    if (!models) return []
    const base = toShares(name, models.base, 1)
    const canary = toShares(name, models.canary, tolerance)
    // Whoever is above an edge is above those below it.
    const reached: [number, number] = [...visitors]
    const before = [1, 1] as [number, number]
    return base.flatMap((_, edge): SetCounts[] => {
      for (const [side, shares] of [base, canary].entries() as Iterable<[0 | 1, number[]]>) {
        const above = shares[edge] ?? 0
        reached[side] = drawBinomial(random, reached[side], above / before[side])
        before[side] = above
      }
      if (reached[0] + reached[1] === 0) return []
      const weights = [...reached] as const
      return [
        {
          metric: name,
          edge,
          route: '',
          share,
          visitors: weights,
          weights,
          codes: {},
          warmUp: false,
        },
      ]
    })
  })
}

/** The share of visitors above each edge of a metric; of one without edges, the share that meets it. */
function toShares(name: string, model: SideModel, tolerance: number): number[] {
  if ('rate' in model) return [model.rate]
  if ('above' in model) return [...model.above]
  const above = (limit: number) => upperTail(Math.log(limit / model.median) / model.spread)
  return (findMetric(name)?.edges ?? []).map((edge) => above(edge * tolerance))
}

/** The share of a standard normal variable above `x`, to 1.5e-7: Abramowitz and Stegun, 26.2.17. */
function upperTail(x: number): number {
  if (x < 0) return 1 - upperTail(-x)
  const t = 1 / (1 + 0.2316419 * x)
  const tail = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429]
  const sum = tail.reduceRight((rest, factor) => (rest + factor) * t, 0)
  return (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * sum
}

/** main has all the traffic, and the canary still points at the last release. */
export function releasedDocument(): AssignmentsDocument {
  const document = exampleDocument()
  const { services } = document.versions['0.0.5'] ?? {}
  const next = { manifest: '7'.repeat(64), ...(services ? { services } : {}) }
  return {
    ...document,
    environments: { ...document.environments, canary: { version: '0.0.3' } },
    traffic: { main: 100, canary: 0 },
    versions: { ...document.versions, '0.0.7': next, '0.0.8': next },
  }
}

export async function createRollingWorld(document: object = releasedDocument()) {
  const world = await World.create()
  const script = new Script()
  world.source = script
  await world.live(async (life) => {
    await life.change({ kind: 'replace', document })
    await life.runAlarms()
  })
  world.now += HOUR
  return { world, script }
}

type Wish = Partial<Omit<Start, 'expectedRevision'>>

/** A control in one of its lives, with what tests ask of rollouts. */
export class Rolling {
  readonly life: Life
  readonly script: Script

  constructor(life: Life, script: Script) {
    this.life = life
    this.script = script
  }

  async tryStart(wish: Wish = {}) {
    const { revision } = await this.life.health()
    return this.life.control.startRollout(ALICE, {
      ...{ version: '0.0.7', environment: 'canary', base: undefined, plan: 'standard' },
      ...{ reason: undefined, dryRun: false, ...wish },
      expectedRevision: revision,
    })
  }

  /** The variant "on" of the flag "cart", by the preset `standard`. */
  async tryStartFlag(wish: Partial<FlagStart> = {}) {
    const { revision } = await this.life.health()
    return this.life.control.startRollout(ALICE, {
      ...{ flag: 'cart', variant: 'on', plan: 'standard', reason: undefined, dryRun: false },
      ...wish,
      expectedRevision: revision,
    })
  }

  /** @throws Error when it is refused. */
  async startFlag(wish: Partial<FlagStart> = {}) {
    const started = await this.tryStartFlag(wish)
    if (!started.ok) throw new Error(JSON.stringify(started.error))
    return started.value
  }

  /** @throws Error when it is refused. */
  async start(wish: Wish = {}) {
    const started = await this.tryStart(wish)
    if (!started.ok) throw new Error(JSON.stringify(started.error))
    return started.value
  }

  /** @throws Error when it is refused. */
  async command(command: RolloutCommand, id = 1, reason?: string) {
    const answer = await this.life.control.commandRollout(ALICE, id, command, { reason })
    if (!answer.ok) throw new Error(JSON.stringify(answer.error))
    return answer.value
  }

  async status(id = 1) {
    const answer = await this.life.control.rollout(ALICE, id)
    if (!answer.ok || !answer.value) throw new Error(`there is no rollout ${id}`)
    return answer.value
  }

  async explain(id = 1) {
    const answer = await this.life.control.explainRollout(ALICE, id)
    if (!answer.ok || !answer.value) throw new Error(`there is no rollout ${id}`)
    return answer.value
  }

  /** The counts, as `GET /metrics` has them. */
  async counted() {
    const { now } = this.life.world
    const range = { resolution: 'minute', from: 0, to: now } as const
    const answer = await this.life.control.metrics(ALICE, range)
    if (!answer.ok) throw new Error('denied')
    return answer.value
  }

  /** A page of its events as it comes over the wire. */
  async eventsPage(id = 1, cursor?: string) {
    const answer = await this.life.control.rolloutEvents(ALICE, id, cursor)
    if (!answer.ok || !answer.value) throw new Error(`there is no rollout ${id}`)
    return rolloutEventsReply.parse(JSON.parse(JSON.stringify(answer.value)))
  }

  async replay(id = 1) {
    const first = await this.eventsPage(id)
    if (!first.recorded) throw new Error('the first page says no state')
    const replay = new Replay(first.recorded)
    replay.add(first.events, first.transitions)
    for (let { next } = first; next !== undefined && !replay.isOver; ) {
      const page = await this.eventsPage(id, next)
      replay.add(page.events, page.transitions)
      next = page.next
    }
    return replay.result()
  }

  async content() {
    const { text = '{}' } = (await this.life.document()) ?? {}
    return JSON.parse(text) as Omit<AssignmentsDocument, 'traffic'> & { readonly traffic: Traffic }
  }

  /** Buckets by environment. */
  async buckets(): Promise<Record<string, number>> {
    const { traffic } = await this.content()
    return Object.fromEntries(
      Object.entries(traffic).map(([name, ranges]) => [name, countBuckets(ranges)]),
    )
  }

  /** The windows of all rollouts that run, in which visitors saw what the document says. */
  async closeWindows(): Promise<void> {
    const answer = await this.life.control.rollouts(ALICE, { before: undefined, limit: 100 })
    if (!answer.ok) throw new Error('denied')
    const buckets = await this.buckets()
    for (const { id, endedAt, environment, base, flag, weight } of answer.value) {
      if (endedAt !== undefined) continue
      const canary = buckets[environment] ?? 0
      const both = canary + (buckets[base] ?? 0)
      const { generation } = this.#row(id)
      this.script.close(id, generation, flag === undefined ? (canary / both) * 100 : weight)
    }
  }

  /**
   * Lets time pass as the platform does: windows close every ten seconds, the alarm comes when it is
   * set, the watchdog every minute. Ends early when `isOver` says so. How many alarms ran.
   */
  async pass(ms: number, isOver: () => Promise<boolean> = async () => false): Promise<number> {
    const { life } = this
    const { world } = life
    const end = world.now + ms
    let runs = 0
    let nextWindow = world.now + WINDOW
    let nextMinute = world.now + MINUTE
    for (;;) {
      const alarm = (await life.state.storage.getAlarm()) ?? Number.POSITIVE_INFINITY
      const next = Math.min(alarm, nextWindow, nextMinute)
      if (next > end) break
      world.now = Math.max(world.now, next)
      if (next === nextWindow) {
        await this.closeWindows()
        nextWindow += WINDOW
      } else if (next === alarm) {
        await life.runAlarm()
        runs++
        if (await isOver()) return runs
      } else {
        await life.control.watch()
        nextMinute += MINUTE
      }
    }
    world.now = Math.max(world.now, end)
    return runs
  }

  /** Until the rollout is over, or `ms` have passed. */
  async finish(ms: number, id = 1) {
    await this.pass(ms, async () => this.isOver(id))
    return this.status(id)
  }

  /** Asked so often that the whole status, with its evidence, would take most of a test's time. */
  isOver(id = 1): boolean {
    return this.#row(id).ended_at !== null
  }

  #row(id: number) {
    return this.life.state.storage.sql
      .exec<Pick<RolloutRow, 'generation' | 'ended_at'>>(
        'SELECT generation, ended_at FROM rollouts WHERE id = ?',
        id,
      )
      .one()
  }
}

/** Bob changes the document while a rollout runs. */
export function bob(rolling: Rolling, command: Command) {
  return rolling.life.change(command, BOB)
}

/** One life of the control. */
export function live<T>(
  { world, script }: Awaited<ReturnType<typeof createRollingWorld>>,
  during: (rolling: Rolling) => Promise<T>,
): Promise<T> {
  return world.live((life) => during(new Rolling(life, script)))
}
