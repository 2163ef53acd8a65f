// A whole site on a driven clock: isolates, the control that they report to, and visitors who open pages
// and keep them open for a while. What tests compare is what was asked with what was counted.

import type { Window } from '../../src/core/rollout/events.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import type { SyncReply, SyncReport } from '../../src/loading/sync.ts'
import { publishVersion } from '../support/published.ts'
import { env, type Life } from './control-world.ts'
import { DrivenClock } from './driven-clock.ts'
import { type Asked, countVisitors, Edge, isDocument, NEW, OLD, SECOND } from './rollout-edge.ts'
import { createRollingWorld, Rolling, releasedDocument } from './rollout-world.ts'

/** When an open page asks its API: at once, then from time to time. It is closed after the last. */
const ASKS_AFTER_MS = [SECOND / 2, 15 * SECOND, 30 * SECOND]
export const TAB_LIFE_MS = 30 * SECOND

/** The id of a visitor by its number. */
export const toVisitor = (number: number) => `visitor${String(number).padStart(15, '0')}`

export class Fleet {
  readonly clock: DrivenClock
  readonly edge: Edge
  /** How a report goes to the control; a test may do worse to it than to hand it on. */
  carry: (report: SyncReport) => Promise<SyncReply> = (report) => this.life.control.sync(report)
  rolling: Rolling
  #visitors = 0

  constructor(rolling: Rolling, clock: DrivenClock) {
    this.rolling = rolling
    this.clock = clock
    this.edge = new Edge(clock, (report) => this.carry(report))
  }

  get life(): Life {
    return this.rolling.life
  }

  /** With the next life of the control. */
  goOn(life: Life): void {
    this.rolling = new Rolling(life, this.rolling.script)
    this.clock.loseTimers()
  }

  /** Visitors who come at this rate from now on for so long, each once. */
  arrive(perSecond: number, ms: number): void {
    const { random, now } = this.clock
    for (let at = now; ; ) {
      at += (-Math.log(1 - random()) / perSecond) * SECOND
      if (at >= now + ms) return
      this.visit(this.#visitors++, at)
    }
  }

  /** A page that somebody opens at `at`, and keeps open for a while. */
  visit(number: number, at: number): void {
    const visitor = toVisitor(number)
    this.clock.at(at, async () => {
      const pin = await this.edge.open(visitor)
      for (const ms of ASKS_AFTER_MS) this.clock.at(at + ms, () => this.edge.ask({ visitor, pin }))
    })
  }

  /** Lets time pass, with the alarms of the control and its watchdog; until `isOver`, if it is said. */
  async run(ms: number, isOver: () => Promise<boolean> = async () => false): Promise<void> {
    const { clock, life } = this
    const end = clock.now + ms
    let isPassed = false
    const watch = async () => {
      if (isPassed) return
      await life.control.watch()
      clock.at(clock.now + 60 * SECOND, watch)
    }
    const look = async () => {
      if (isPassed) return
      const { now } = clock
      const alarm = (await life.state.storage.getAlarm()) ?? Number.POSITIVE_INFINITY
      clock.at(alarm > now ? Math.min(alarm, now + SECOND) : now, look)
      if (alarm > now) return
      await life.runAlarm()
      await life.settle()
      isPassed = await isOver()
    }
    clock.at(clock.now, look)
    clock.at(clock.now + 60 * SECOND, watch)
    await clock.runUntil(end, () => isPassed)
    isPassed = true
  }

  /** Until rollout 1 is over, or `ms` have passed. */
  async finish(ms: number) {
    await this.run(ms, async () => this.rolling.isOver())
    return this.rolling.status()
  }

  /** The windows that the judge of rollout 1 was given, as they are stored. */
  async windows(): Promise<readonly Window[]> {
    const windows: Window[] = []
    let cursor: string | undefined
    do {
      const page = await this.rolling.eventsPage(1, cursor)
      for (const event of page.events) if (event.kind === 'tick') windows.push(...event.windows)
      cursor = page.next
    } while (cursor !== undefined)
    return windows
  }
}

/** A site whose main environment has 0.0.3, and a version 0.0.7 that waits to be rolled out. */
export async function createSite(flags?: AssignmentsDocument['flags']) {
  const document = { ...releasedDocument(), ...(flags ? { flags } : {}) }
  for (const id of Object.keys(document.versions)) {
    const { manifest } = await publishVersion(env.STORE, id, {
      '/index.html': { body: `<h1>${id}</h1>`, type: 'text/html; charset=utf-8' },
    })
    const services = [{ prefix: '/api/', origins: [`https://api-${id[4]}.example.com`] }]
    document.versions[id] = { manifest, services }
  }
  const { world, script } = await createRollingWorld(document)
  world.source = undefined
  return { world, script }
}

type Site = Awaited<ReturnType<typeof createSite>>

/** One life of the control, with a fleet before it that has served visitors for a while. */
export function live<T>(
  { world, script }: Site,
  seed: number,
  during: (fleet: Fleet) => Promise<T>,
) {
  return world.live(async (life) => {
    const fleet = new Fleet(new Rolling(life, script), new DrivenClock(world, seed))
    fleet.arrive(10, 10 * SECOND)
    await fleet.run(10 * SECOND)
    return during(fleet)
  })
}

type Sides = readonly [control: number, canary: number]
/** Visitors who were assigned, and who failed. */
type Sums = { readonly assigned: Sides; readonly failed: Sides }

/** What the control has counted, in these windows together. */
export function sumCounted(windows: readonly Window[]): Sums {
  let [assigned, failed]: [Sides, Sides] = [
    [0, 0],
    [0, 0],
  ]
  for (const window of windows) {
    for (const { metric, route, segment, visitors } of window.sets) {
      if (metric !== 'errors' || route !== '' || segment !== undefined) continue
      failed = [failed[0] + visitors[0], failed[1] + visitors[1]]
    }
    for (const { visitors } of window.assigned) {
      assigned = [assigned[0] + (visitors[0] ?? 0), assigned[1] + (visitors[1] ?? 0)]
    }
  }
  return { assigned, failed }
}

/** What it should have counted of these requests. */
export function sumAsked(asked: readonly Asked[]): Sums {
  const [old, next] = [OLD, NEW].map((id) => asked.filter(({ version }) => version === id)) as [
    Asked[],
    Asked[],
  ]
  const isFailed = ({ status }: Asked) => status === 500
  return {
    assigned: [countVisitors(old.filter(isDocument)), countVisitors(next.filter(isDocument))],
    failed: [countVisitors(old.filter(isFailed)), countVisitors(next.filter(isFailed))],
  }
}
