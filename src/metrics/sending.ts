// One batch of counts at a time on its way to the control. A batch whose call failed may have arrived: it is sent
// again unchanged, until its windows are closed.

import type { Batch } from '../core/counting/batch.ts'
import { closesAt } from '../core/counting/limits.ts'

/**
 * A call that has not ended by then never will: it is longer than the longest wait for the control.
 */
export const IN_FLIGHT_MS = 4000

type Flight = { readonly batch: Batch; readonly began: number }

export class Sending {
  #inFlight: Flight | undefined
  #unsure: Batch | undefined

  /** Whether a batch has to be sent again. */
  get isUnsure(): boolean {
    return this.#unsure !== undefined
  }

  /**
   * The batch to send now; `undefined` if there is none, or another one is on its way.
   *
   * @param takeNew makes a batch of what is new.
   * @param lose gets a batch that is no longer sent, since nobody would count it.
   */
  take(
    now: number,
    takeNew: () => Batch | undefined,
    lose: (batch: Batch) => void,
  ): Batch | undefined {
    if (this.#inFlight && now - this.#inFlight.began < IN_FLIGHT_MS) return undefined
    if (this.#inFlight) this.failed(this.#inFlight.batch)
    const batch = this.#takeUnsure(now, lose) ?? takeNew()
    this.#inFlight = batch && { batch, began: now }
    return batch
  }

  arrived(batch: Batch): void {
    if (this.#inFlight?.batch === batch) this.#inFlight = undefined
    if (this.#unsure === batch) this.#unsure = undefined
  }

  failed(batch: Batch): void {
    if (this.#inFlight?.batch !== batch) return
    this.#inFlight = undefined
    this.#unsure = batch
  }

  #takeUnsure(now: number, lose: (batch: Batch) => void): Batch | undefined {
    const batch = this.#unsure
    if (!batch || batch.windows.some(({ window }) => now < closesAt(window))) return batch
    this.#unsure = undefined
    lose(batch)
    return undefined
  }
}
