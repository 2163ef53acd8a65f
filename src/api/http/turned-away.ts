// Protects the control from many wrong credentials of one address: for a short time after the
// control has refused an address, the isolate itself refuses every credential that cannot be valid.
// A credential that may be valid always reaches the control, which alone decides.

import type { Caller, DeniedResult, MayCount } from '../../control/contract.ts'
import { toClient } from '../../core/ip-address.ts'
import { toPrint } from './credential.ts'
import { MAX_TURNED_AWAY, MAX_WRONG_PER_ADDRESS, TURNED_AWAY_MS } from './limits.ts'

type Entry = {
  /** In milliseconds. */
  readonly until: number
  /** Fingerprints of what the control has just refused, the newest last. */
  readonly wrong: readonly string[]
}

export class TurnedAway {
  /** By client, the oldest first: however much one address shows, it has one entry. */
  readonly #clients = new Map<string, Entry>()
  /** As the control said last, for all addresses. */
  #tokens: ReadonlySet<string> | undefined
  #mayCountJwts = true

  /** Whether the address is turned away, and what it shows cannot be right. */
  async has({ address, credential }: Caller, now: number): Promise<boolean> {
    const entry = this.#clients.get(toClient(address))
    if (!entry || entry.until <= now) return false
    if (credential.kind === 'access' && !this.#mayCountJwts) return true
    const print = await toPrint(credential)
    if (credential.kind === 'token' && this.#tokens) return !this.#tokens.has(print)
    return entry.wrong.includes(print)
  }

  /** Keeps in mind what the control has refused, if that was for too many attempts. */
  async record({ address, credential }: Caller, denied: DeniedResult, now: number): Promise<void> {
    if (denied.denial !== 'too_many_attempts') return
    const print = await toPrint(credential)
    this.#learn(denied.mayCount)
    const client = toClient(address)
    const before = this.#clients.get(client)?.wrong.filter((one) => one !== print) ?? []
    this.#clients.delete(client)
    for (const oldest of this.#clients.keys()) {
      if (this.#clients.size < MAX_TURNED_AWAY) break
      this.#clients.delete(oldest)
    }
    const wrong = [...before, print].slice(-MAX_WRONG_PER_ADDRESS)
    this.#clients.set(client, { until: now + TURNED_AWAY_MS, wrong })
  }

  /** A control that says nothing leaves every credential possible. */
  #learn(mayCount: MayCount | undefined): void {
    this.#tokens = mayCount?.tokens && new Set(mayCount.tokens)
    this.#mayCountJwts = mayCount?.jwts ?? true
  }
}
