// The one alarm of the object, shared by all who wait for a time: the earliest wins, and where nobody
// waits none is set.

import { OVERDUE_ALARM_MS } from './limits.ts'

/** When somebody's next turn is, never before now; `undefined` for no turn at all. */
export type Due = () => number | undefined

export class Alarm {
  readonly #storage: DurableObjectStorage
  readonly #now: () => number
  readonly #dues: Due[] = []

  constructor(storage: DurableObjectStorage, now: () => number) {
    this.#storage = storage
    this.#now = now
  }

  add(due: Due): void {
    this.#dues.push(due)
  }

  /** The earliest of all. */
  dueAt(): number | undefined {
    const times = this.#dues.map((due) => due()).filter((time) => time !== undefined)
    return times.length > 0 ? Math.min(...times) : undefined
  }

  /** Sets it where something is due. Not awaited: it belongs to the writes before it. */
  arm(): void {
    const time = this.dueAt()
    if (time === undefined) return
    this.#storage
      .setAlarm(time)
      .catch((cause) => console.error('the alarm could not be set', cause))
  }

  /** Whether something is due that no alarm will come for: there is none, or it was set by a wrong clock. */
  async isLost(): Promise<boolean> {
    const due = this.dueAt()
    if (due === undefined) return false
    const alarm = await this.#storage.getAlarm()
    return (
      alarm === null || alarm < this.#now() - OVERDUE_ALARM_MS || alarm > due + OVERDUE_ALARM_MS
    )
  }
}
