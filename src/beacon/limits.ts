// How many reports of browsers one isolate reads, so that a flood of them costs little and drives nobody
// out: by client, and apart from each other those with a proof and those without.

/** The bounds below are for such a time. */
export const REPORTS_WINDOW_MS = 10_000

/** Of one address (a /64 of IPv6): an office, whose pages report a few times each. */
export const MAX_REPORTS_OF_CLIENT = 100

/** Reports with a proof: reading and counting them takes a part of a millisecond each. */
export const MAX_PROVEN_REPORTS = 2000

/** Reports without a proof, which people see and the judge does not. */
export const MAX_UNPROVEN_REPORTS = 200

/** Clients that are told apart; further ones share one room. */
export const MAX_REPORTING_CLIENTS = 5000

/** A report of our script is a few KB, and browsers send a few reports together. */
export const MAX_REPORT_BYTES = 16_384

const OTHERS = 'others'

export class ReportLimits {
  #since = 0
  readonly #ofClient = new Map<string, number>()
  #proven = 0
  #unproven = 0

  /** Whether one more report of the client is read; if so, that is counted. */
  admit(client: string, now: number): boolean {
    if (now - this.#since >= REPORTS_WINDOW_MS || now < this.#since) {
      this.#since = now
      this.#ofClient.clear()
      this.#proven = 0
      this.#unproven = 0
    }
    const isToldApart = this.#ofClient.has(client) || this.#ofClient.size < MAX_REPORTING_CLIENTS
    const name = isToldApart ? client : OTHERS
    const count = this.#ofClient.get(name) ?? 0
    if (count >= MAX_REPORTS_OF_CLIENT) return false
    this.#ofClient.set(name, count + 1)
    return true
  }

  /** Whether there is room for what was read; if so, that is counted. */
  hasRoom(isProven: boolean): boolean {
    if (isProven) return this.#proven++ < MAX_PROVEN_REPORTS
    return this.#unproven++ < MAX_UNPROVEN_REPORTS
  }
}
