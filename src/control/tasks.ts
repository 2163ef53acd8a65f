// What the alarm and the cron watchdog look after: one list of tasks, and the one alarm of the object,
// set to the earliest of them. What a task does is the task's own matter.

/** An alarm that should have run this long ago is lost: the platform has been seen to do that. */
const OVERDUE_ALARM_MS = 60_000

/** One row of the list. A part of the control that waits for a time adds one. */
export type Task = {
  readonly name: string
  /** When its next turn is, in milliseconds since the epoch; `undefined` for no turn at all. */
  readonly dueAt: () => number | undefined
  /** Does what is due, and nothing where nothing is. Never throws. */
  readonly run: () => Promise<void>
  readonly isRunning: () => boolean
  /** It waits for others' servers: it runs beside the tasks that follow, and holds up nobody. */
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

  /** The earliest of all. */
  dueAt(): number | undefined {
    const times = this.#tasks.map(({ dueAt }) => dueAt()).filter((time) => time !== undefined)
    return times.length > 0 ? Math.min(...times) : undefined
  }

  /** Sets the alarm where something is due. Not awaited: it belongs to the writes before it. */
  arm(): void {
    const time = this.dueAt()
    if (time === undefined) return
    this.#storage
      .setAlarm(time)
      .catch((cause) => console.error('the alarm could not be set', cause))
  }

  /**
   * Runs what is due, and arms the alarm for what is next. Slow tasks go on afterwards, within
   * `waitUntil`. Where a task still runs from before, that run arms the alarm.
   */
  async run(waitUntil: (work: Promise<void>) => void): Promise<void> {
    for (const { run, isSlow } of this.#tasks) {
      if (isSlow) waitUntil(run())
      else await run()
    }
    if (!this.isRunning) this.arm()
  }

  /** Arms the alarm where something is due that no alarm will come for. */
  async rearm(): Promise<void> {
    if ((await this.#isLost()) && !this.isRunning) this.arm()
  }

  /** Whether a task runs that the alarm waits for. */
  get isRunning(): boolean {
    return this.#tasks.some(({ isRunning, isSlow }) => !isSlow && isRunning())
  }

  /** There is no alarm, or it was set by a clock that was wrong. */
  async #isLost(): Promise<boolean> {
    const due = this.dueAt()
    if (due === undefined) return false
    const alarm = await this.#storage.getAlarm()
    return (
      alarm === null || alarm < this.#now() - OVERDUE_ALARM_MS || alarm > due + OVERDUE_ALARM_MS
    )
  }
}
