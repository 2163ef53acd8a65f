// Protects the control from many wrong credentials of one address: for a short time after the
// control has refused an address, the isolate itself refuses every credential that cannot be valid.
// A credential that may be valid always reaches the control, which alone decides.

import type { Caller, DeniedResult, MayCount } from '../../control/contract.ts'
import { toClient } from '../../core/ip-address.ts'
import { toPrint } from './credential.ts'

/**
 * After the control has refused an address for too many attempts, the isolate itself refuses impossible
 * credentials of this address for this long. So a flood does not reach the control, which the edge needs.
 */
export const TURNED_AWAY_MS = 2000

/** The number of addresses that are remembered, with 100 to 200 bytes each: about 100 KB of an isolate. */
export const MAX_TURNED_AWAY = 500

/** How many wrong credentials are remembered for each address, the newest ones. */
export const MAX_WRONG_PER_ADDRESS = 4

type Entry = {
  /** Milliseconds since the epoch. */
  readonly until: number
  /** Fingerprints of the credentials that the control has just refused, the newest last. */
  readonly wrong: readonly string[]
}

export class TurnedAway {
  /** One entry for each client address, the oldest first. */
  readonly #clients = new Map<string, Entry>()
  /** Fingerprints of the tokens, sessions and codes that may be valid, as the control last named them, for all addresses. */
  #tokens: ReadonlySet<string> | undefined
  #mayCountJwts = true

  /** Whether the address is refused at the moment, and its credential cannot be valid. */
  async has({ address, credential }: Caller, now: number): Promise<boolean> {
    const entry = this.#clients.get(toClient(address))
    if (!entry || entry.until <= now) return false
    if (credential.kind === 'access' && !this.#mayCountJwts) return true
    const print = await toPrint(credential)
    if (credential.kind !== 'access' && this.#tokens) return !this.#tokens.has(print)
    return entry.wrong.includes(print)
  }

  /** Remembers a refused credential, if the control has refused it for too many attempts. */
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

  /** If the control does not say which credentials may be valid, all may be. */
  #learn(mayCount: MayCount | undefined): void {
    this.#tokens = mayCount?.tokens && new Set(mayCount.tokens)
    this.#mayCountJwts = mayCount?.jwts ?? true
  }
}
