// The list of tasks that wait for a time, and the one alarm of the Durable Object, which is set to the
// earliest of them. The cron watchdog sets a lost alarm again. The tasks themselves do the work.

/** An alarm that is overdue by this much is taken as lost. The platform sometimes loses one. */
const OVERDUE_ALARM_MS = 60_000

/** One row of the list. A part of the control that waits for a time adds one. */
export type Task = {
  readonly name: string
  /** When it should run next, in milliseconds since the epoch; `undefined` for never. */
  readonly dueAt: () => number | undefined
  /** Does the work that is due, if any. Never throws. */
  readonly run: () => Promise<void>
  readonly isRunning: () => boolean
  /** Set for a task that waits for other servers: the next tasks do not wait for it. */
  readonly isSlow?: true
}

export class Tasks {
  readonly #storage: DurableObjectStorage
  readonly #now: () => number
  readonly #tasks: Task[] = []

  constructor(storage: DurableObjectStorage, now: () => number) {
    this.#storage = storage
    this.#now = now
  }

  /** Tasks run in the order in which they were added. */
  add(...tasks: readonly Task[]): void {
    this.#tasks.push(...tasks)
  }

  /** When the earliest task is due. */
  dueAt(): number | undefined {
    const times = this.#tasks.map(({ dueAt }) => dueAt()).filter((time) => time !== undefined)
    return times.length > 0 ? Math.min(...times) : undefined
  }

  /**
   * Sets the alarm if a task has a due time. Not awaited, so that it commits with the writes before it.
   */
  arm(): void {
    const time = this.dueAt()
    if (time === undefined) return
    this.#storage
      .setAlarm(time)
      .catch((cause) => console.error('the alarm could not be set', cause))
  }

  /**
   * Runs the tasks that are due and sets the alarm for the next one. Slow tasks continue within
   * `waitUntil`. If a task still runs from an earlier alarm, that earlier run sets the alarm at its
   * end.
   */
  async run(waitUntil: (work: Promise<void>) => void): Promise<void> {
    for (const { run, isSlow } of this.#tasks) {
      if (isSlow) waitUntil(run())
      else await run()
    }
    if (!this.isRunning) this.arm()
  }

  /** Sets the alarm if a task is due and the alarm was lost. */
  async rearm(): Promise<void> {
    if ((await this.#isLost()) && !this.isRunning) this.arm()
  }

  /** Whether a task runs that is not slow. */
  get isRunning(): boolean {
    return this.#tasks.some(({ isRunning, isSlow }) => !isSlow && isRunning())
  }

  /** Whether a task is due and no alarm is set, or the alarm has an implausible time (clock error). */
  async #isLost(): Promise<boolean> {
    const due = this.dueAt()
    if (due === undefined) return false
    const alarm = await this.#storage.getAlarm()
    return (
      alarm === null || alarm < this.#now() - OVERDUE_ALARM_MS || alarm > due + OVERDUE_ALARM_MS
    )
  }
}
