// Tasks that run in turns: each stops before and after everything it asks of R2, and goes on when a
// schedule says so. Whatever happens between two steps of one is then an interleaving that was chosen.

type Waiting = { readonly step: string; readonly resume: () => void }

export type Schedule = (
  ready: readonly string[],
  steps: Readonly<Record<string, number>>,
) => string | undefined

/** Longer than anything local takes between two steps, on a busy machine as well. */
const STUCK_MS = 20_000

export class Turns {
  /** What each task waits at: a task may ask R2 for several things at once. */
  readonly #waiting = new Map<string, Waiting[]>()
  readonly #running = new Set<string>()
  /** Called whenever a task has come to its next step, or to its end. */
  #onChange: () => void = () => undefined
  /** Which task did what, in the order in which it was let. */
  readonly trace: string[] = []

  /** A step of `task`: it waits there for its turn. */
  step(task: string, step: string): Promise<void> {
    return new Promise((resume) => {
      const others = this.#waiting.get(task) ?? []
      this.#waiting.set(task, [...others, { step, resume }])
      this.#onChange()
    })
  }

  /** Runs all tasks to their ends, the one that `choose` names a step further each time. */
  async run(
    tasks: Readonly<Record<string, () => Promise<unknown>>>,
    choose: Schedule,
  ): Promise<void> {
    const steps: Record<string, number> = {}
    const ends = Object.entries(tasks).map(async ([name, task]) => {
      steps[name] = 0
      this.#running.add(name)
      try {
        await this.step(name, 'begin')
        await task()
      } finally {
        this.#running.delete(name)
        this.#onChange()
      }
    })
    const all = Promise.all(ends)
    all.catch(() => undefined)
    while (this.#running.size > 0) {
      await this.#settle()
      const ready = [...this.#running]
      if (ready.length === 0) break
      const name = choose(ready, steps) ?? ready[0] ?? ''
      const waiting = this.#waiting.get(name)?.shift()
      steps[name] = (steps[name] ?? 0) + 1
      this.trace.push(`${name}: ${waiting?.step}`)
      waiting?.resume()
    }
    await all
  }

  /** Until every task waits for its turn or is over. */
  async #settle(): Promise<void> {
    const isSettled = () => [...this.#running].every((name) => this.at(name) !== undefined)
    if (isSettled()) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const steps = () => this.trace.slice(-5).join(', ')
    const timer = setTimeout(() => reject(new Error(`nobody stops after ${steps()}`)), STUCK_MS)
    this.#onChange = () => {
      if (isSettled()) resolve()
    }
    await promise.finally(() => clearTimeout(timer))
  }

  /** The step at which a task waits. */
  at(name: string): string | undefined {
    return this.#waiting.get(name)?.[0]?.step
  }
}

/**
 * `first` for so many steps, then the other for `between` steps, `first` to its end, and the other to its
 * own. Who has to wait lets another go on.
 */
export function preempt(
  turns: Turns,
  first: string,
  after: number,
  between = Number.MAX_VALUE,
): Schedule {
  return (ready, steps) => {
    const rest = ready.filter((name) => name !== first)
    const done = (name: string | undefined) => steps[name ?? ''] ?? 0
    const isFirst = done(first) < after || done(rest[0]) >= between
    const order = isFirst ? [first, ...rest] : [...rest, first]
    const able = order.filter((name) => ready.includes(name) && turns.at(name) !== 'wait')
    return able[0] ?? order.find((name) => ready.includes(name))
  }
}

/** Any order, the same for the same seed. */
export function shuffle(next: () => number): Schedule {
  return (ready) => ready[Math.floor(next() * ready.length)]
}
