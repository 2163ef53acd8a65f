// A clock that a test drives, in the place of the real one: what is due happens in the order of its time,
// and all that follows from it without waiting has ended before the next thing begins. Chance is seeded.

import { onTestFinished, vi } from 'vitest'
import { type Random, seededRandom } from '../../src/core/simulate/random.ts'

type Due = {
  readonly at: number
  /** How many were asked for before it. */
  readonly order: number
  readonly isTimer: boolean
  run: (() => unknown) | undefined
}

const isBefore = (one: Due, other: Due) =>
  one.at < other.at || (one.at === other.at && one.order < other.order)

const realTimeout = globalThis.setTimeout
const turn = () => new Promise((resolve) => realTimeout(resolve, 0))

export class DrivenClock {
  readonly random: Random
  readonly #time: { now: number }
  /** A heap: the earliest first; of two of one moment, the one that was asked for first. */
  #queue: Due[] = []
  #asked = 0
  readonly #following: Promise<unknown>[] = []

  /**
   * Until the test ends.
   *
   * @param time whose `now`, in milliseconds since the epoch, is driven.
   */
  constructor(time: { now: number }, seed: number) {
    this.#time = time
    this.random = seededRandom(seed)
    vi.stubGlobal('Date', Object.assign(class extends Date {}, { now: () => time.now }))
    const random = { value: seededRandom(seed, 1) }
    vi.stubGlobal('Math', Object.create(Math, { random }))
    vi.stubGlobal('setTimeout', (run: () => void, ms = 0) =>
      this.#add(time.now + ms, true, async () => {
        run()
        await turn()
      }),
    )
    vi.stubGlobal('clearTimeout', (due: Due | null | undefined) => {
      if (due) due.run = undefined
    })
    onTestFinished(() => void vi.unstubAllGlobals())
  }

  get now(): number {
    return this.#time.now
  }

  at(time: number, run: () => unknown): void {
    // A clock has whole milliseconds.
    this.#add(Math.ceil(time), false, run)
  }

  /** Nothing else happens before this work has ended. */
  follow<T>(work: Promise<T>): Promise<T> {
    this.#following.push(work)
    return work
  }

  /** Ends early when `isOver` says so. */
  async runUntil(end: number, isOver: () => boolean): Promise<void> {
    for (let next = this.#queue[0]; next && next.at <= end; next = this.#queue[0]) {
      if (isOver()) return
      this.#takeFirst()
      if (!next.run) continue
      this.#time.now = Math.max(this.#time.now, next.at)
      await next.run()
      while (this.#following.length > 0) await this.#following.shift()
    }
    if (!isOver()) this.#time.now = Math.max(this.#time.now, end)
  }

  /** Timers are lost, as they are with the requests that they belong to. */
  loseTimers(): void {
    const kept = this.#queue.filter(({ isTimer }) => !isTimer)
    // A sorted list is a heap.
    this.#queue = kept.sort((one, other) => (isBefore(one, other) ? -1 : 1))
  }

  #add(at: number, isTimer: boolean, run: () => unknown): Due {
    const due = { at, order: this.#asked++, isTimer, run }
    const queue = this.#queue
    let place = queue.length
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = queue[above] as Due
      if (isBefore(parent, due)) break
      queue[place] = parent
      place = above
    }
    queue[place] = due
    return due
  }

  #takeFirst(): void {
    const queue = this.#queue
    const last = queue.pop()
    if (!last || queue.length === 0) return
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      if (below >= queue.length) break
      const [left, right] = [queue[below] as Due, queue[below + 1]]
      if (right && isBefore(right, left)) below++
      const child = queue[below] as Due
      if (isBefore(last, child)) break
      queue[place] = child
      place = below
    }
    queue[place] = last
  }
}
