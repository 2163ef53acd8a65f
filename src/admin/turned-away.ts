// Addresses that the control has just refused for too many attempts: an isolate tells them so by
// itself for a moment. Who is refused, and for how long, is the control's decision.

import { toClient } from '../core/client.ts'
import { MAX_TURNED_AWAY, TURNED_AWAY_MS } from './limits.ts'

export class TurnedAway {
  /** Until when, in milliseconds; the oldest first. */
  readonly #until = new Map<string, number>()

  has(address: string, now: number): boolean {
    return (this.#until.get(toClient(address)) ?? 0) > now
  }

  /** Never throws. */
  record(address: string, now: number): void {
    const client = toClient(address)
    this.#until.delete(client)
    for (const oldest of this.#until.keys()) {
      if (this.#until.size < MAX_TURNED_AWAY) break
      this.#until.delete(oldest)
    }
    this.#until.set(client, now + TURNED_AWAY_MS)
  }
}
