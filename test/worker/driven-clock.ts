// A clock that a test drives, in the place of the real one: what is due happens in the order of its time,
// and all that follows from it without waiting has ended before the next thing begins. Chance is seeded.

import { onTestFinished, vi } from 'vitest'
import { type Random, seededRandom } from '../../src/core/simulate/random.ts'
import { type Due, pop, push } from '../support/due-heap.ts'

type Work = Due & { readonly isTimer: boolean; run: (() => unknown) | undefined }

const realTimeout = globalThis.setTimeout
const turn = () => new Promise((resolve) => realTimeout(resolve, 0))

export class DrivenClock {
  readonly random: Random
  readonly #time: { now: number }
  #queue: Work[] = []
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
    vi.stubGlobal('clearTimeout', (due: Work | null | undefined) => {
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
      pop(this.#queue)
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
    this.#queue = []
    for (const work of kept) push(this.#queue, work)
  }

  #add(at: number, isTimer: boolean, run: () => unknown): Work {
    const work = { at, order: this.#asked++, isTimer, run }
    push(this.#queue, work)
    return work
  }
}
