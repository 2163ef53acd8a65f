// An hour of a page in seconds: its clock, its channel and its replies are made up inside the page, so that time
// passes as quickly as the page can follow.

import type { Page } from 'playwright-core'
import { type Answers, LOOKED_AT, makeUpCounts } from './made-up-site.ts'

/** What a test calls in the page. */
export type HourFrame = {
  /** A minute passes, with ten messages a second. */
  readonly passMinute: () => Promise<void>
  /** The browser draws, in real time. */
  readonly waitForFrame: () => Promise<void>
  readonly told: number
  readonly revision: number
}

export async function driveHour(page: Page, site: Answers): Promise<void> {
  const url = new URL('http://shop.test/')
  const replies = Object.fromEntries(
    Object.entries(site).map(([name, answer]) => [
      name,
      typeof answer === 'function' ? answer(url) : answer,
    ]),
  )
  const { environments } = replies['GET /environments'] as {
    environments: { name: string; version: string; percent: number }[]
  }
  const counts = makeUpCounts(environments)
  await page.addInitScript(beginHour, { replies, counts, startMs: LOOKED_AT })
}

type Made = {
  readonly replies: Readonly<Record<string, unknown>>
  readonly counts: ReturnType<typeof makeUpCounts>
  readonly startMs: number
}

/** Runs in the page, before its scripts. */
function beginHour({ replies, counts, startMs }: Made): void {
  let now = startMs
  let lastId = 0
  const timers = new Map<number, { at: number; every: number | undefined; run: () => void }>()
  const addTimer = (run: () => void, ms = 0, every?: number) => {
    lastId++
    timers.set(lastId, { at: now + Math.max(1, ms), every, run })
    return lastId
  }
  const realTimeout = window.setTimeout.bind(window)
  const realFrame = window.requestAnimationFrame.bind(window)
  const RealDate = Date
  const frame = window as unknown as Record<string, unknown>
  frame.setTimeout = (run: () => void, ms: number) => addTimer(run, ms)
  frame.setInterval = (run: () => void, ms: number) => addTimer(run, ms, ms)
  frame.clearTimeout = (id: number) => timers.delete(id)
  frame.clearInterval = frame.clearTimeout
  frame.requestAnimationFrame = (run: (at: number) => void) => addTimer(() => run(now), 16)
  frame.cancelAnimationFrame = frame.clearTimeout
  frame.Date = class extends RealDate {
    constructor(at: number = now) {
      super(at)
    }

    static override now() {
      return now
    }
  }
  performance.now = () => now - startMs
  // Real ones would be kept for seconds of real time.
  AbortSignal.timeout = () => new AbortController().signal

  /** Runs what is due within a time, and lets the page do what follows from it. */
  const pass = async (ms: number) => {
    const until = now + ms
    for (;;) {
      const due = [...timers]
        .filter(([, { at }]) => at <= until)
        .sort((a, b) => a[1].at - b[1].at)[0]
      if (!due) break
      const [id, timer] = due
      now = Math.max(now, timer.at)
      if (timer.every === undefined) timers.delete(id)
      else timer.at = now + timer.every
      timer.run()
    }
    now = until
    const { promise, resolve } = Promise.withResolvers<void>()
    const channel = new MessageChannel()
    channel.port1.onmessage = () => resolve()
    channel.port2.postMessage(undefined)
    await promise
    channel.port1.close()
  }

  type Told = { readonly data: string }
  let channel: { onmessage?: (told: Told) => void } | undefined
  frame.WebSocket = class {
    static readonly OPEN = 1
    readonly readyState = 1
    onmessage: ((told: Told) => void) | undefined

    constructor() {
      channel = this as never
      addTimer(() => tell({ kind: 'hello', revision: state.revision, event: 0, now }), 5)
    }

    send(text: string) {
      if (text === 'ping') addTimer(() => this.onmessage?.({ data: 'pong' }), 5)
    }

    close() {}
  }
  const tell = (message: object) => channel?.onmessage?.({ data: JSON.stringify(message) })

  const state = { told: 0, revision: 100 }
  const windowMs = 10_000
  const listCounts = (from: number) => {
    const newest = Math.floor(now / windowMs) * windowMs - 2 * windowMs
    const points: unknown[] = []
    for (let at = Math.max(from, newest - 359 * windowMs); at <= newest; at += windowMs) {
      points.push({ at, series: counts[(at / windowMs) % counts.length]?.series })
    }
    return { points, visitors: { main: 900 }, compared: [], losses: {} }
  }
  frame.fetch = async (asked: string, { method = 'GET' } = {}) => {
    const { pathname, searchParams } = new URL(asked, location.href)
    const name = `${method} ${pathname.replace('/.holo/api', '')}`
    const reply = replies[name] as Record<string, never> | undefined
    if (name === 'GET /metrics') {
      const from = Math.ceil(Number(searchParams.get('from')) / windowMs) * windowMs
      return Response.json(listCounts(from))
    }
    if (!reply) return Response.json({ code: 'not_found', title: 'None' }, { status: 404 })
    return Response.json('revision' in reply ? { ...reply, revision: state.revision } : reply)
  }

  const KINDS = ['revision.committed', 'rollout.stepped', 'service.health', 'publication.failed']
  Object.assign(window, {
    waitForFrame: async () => {
      for (let i = 0; i < 2; i++) await new Promise((resolve) => realFrame(resolve))
      await new Promise((resolve) => realTimeout(resolve, 0))
    },
    passMinute: async () => {
      for (let second = 0; second < 60; second++) {
        for (let i = 0; i < 10; i++) {
          state.told++
          if (i === 0) state.revision++
          const kind = KINDS[i % KINDS.length]
          if (i === 9 && second % 10 === 0) tell({ kind: 'window', at: now })
          else tell({ kind: 'event', event: { id: state.told, kind } })
          if (i % 5 === 4) await pass(500)
        }
      }
      // The browser draws, and frees what it no longer shows.
      await new Promise<void>((resolve) => realTimeout(resolve, 0))
    },
  })
  Object.defineProperty(window, 'told', { get: () => state.told })
  Object.defineProperty(window, 'revision', { get: () => state.revision })
}
