// The document in use, and the rule for replacing it: the new one has to be valid and have a higher
// revision. Everything that is refused is counted by reason.

import type { CompiledAssignments } from '../document/compile.ts'
import { digestText, type Identity } from './sync.ts'

/** Where a document came from. */
export type DocumentSource = 'kv' | 'cache' | 'control'

/** Why a document that was read did not replace the one in use, or why none could be read. */
export type RefusalReason =
  | 'missing'
  | 'oversize'
  | 'invalid'
  | 'older'
  | 'same-revision'
  | 'unreadable'
  | 'control-unreachable'

export type HeldDocument = {
  readonly text: string
  readonly identity: Identity
  readonly compiled: CompiledAssignments
  /** Where this revision came from first. */
  readonly source: DocumentSource
  /**
   * When the control was asked that last confirmed it, in milliseconds since the epoch; -Infinity
   * if it never did.
   */
  readonly confirmedAt: number
  /**
   * When KV was last read that had it, in milliseconds since the epoch; -Infinity if it never had.
   */
  readonly seenInKvAt: number
}

/** The result of an offer; the identity is that of a valid document, taken or not. */
export type OfferResult = {
  readonly identity: Identity | undefined
  readonly outcome: 'taken' | 'held-already' | 'refused'
}

const NEVER = Number.NEGATIVE_INFINITY

export class Holding {
  /** Refusals since the isolate started, by reason. */
  readonly refusals: Record<RefusalReason, number> = {
    missing: 0,
    oversize: 0,
    invalid: 0,
    older: 0,
    'same-revision': 0,
    unreadable: 0,
    'control-unreachable': 0,
  }
  readonly #allowInsecure: boolean
  #held: HeldDocument | undefined
  #lastInKv: Identity | undefined
  #lastLogged = ''

  constructor(allowInsecure: boolean) {
    this.#allowInsecure = allowInsecure
  }

  get held(): HeldDocument | undefined {
    return this.#held
  }

  /** The last valid document that KV gave, in use or not. */
  get lastInKv(): Identity | undefined {
    return this.#lastInKv
  }

  /**
   * Takes `text` if it is valid, newer, and matches the identity in `called`. Never throws,
   * whatever it holds.
   */
  async offer(text: string, source: DocumentSource, called?: Identity): Promise<OfferResult> {
    if (text === this.#held?.text) return { identity: this.#held.identity, outcome: 'held-already' }
    const reading = await import('./read-document.ts')
    const read = await reading.readDocument(text, this.#allowInsecure)
    if (!read.ok) {
      this.refuse('invalid', `from ${source}: ${read.error}`)
      return { identity: undefined, outcome: 'refused' }
    }
    const { revision } = read.value
    const identity = { revision, digest: await digestText(text) }
    if (called && (called.digest !== identity.digest || called.revision !== revision)) {
      this.refuse('invalid', `from ${source}: the text is not that of revision ${called.revision}`)
      return { identity: undefined, outcome: 'refused' }
    }
    // Another document may have been taken while the digest was computed.
    const used = this.#held?.identity
    if (used && !this.#isNewer(identity, used)) {
      return { identity, outcome: used.digest === identity.digest ? 'held-already' : 'refused' }
    }
    const compiled = read.value.compile()
    this.#held = { text, identity, compiled, source, confirmedAt: NEVER, seenInKvAt: NEVER }
    this.#lastLogged = ''
    return { identity, outcome: 'taken' }
  }

  /** The control said at `at` that this is its newest document. Returns whether it is the one in use. */
  confirm(identity: Identity, at: number): boolean {
    const held = this.#held
    if (held?.identity.digest !== identity.digest) return false
    if (at > held.confirmedAt) this.#held = { ...held, confirmedAt: at }
    return true
  }

  /** KV was read at `at` and had this valid document. */
  seeInKv(identity: Identity, at: number): void {
    this.#lastInKv = identity
    const held = this.#held
    if (held?.identity.digest === identity.digest) this.#held = { ...held, seenInKvAt: at }
  }

  /** Whether a document of this identity would be taken; if not, counts and logs why. */
  judge(identity: Identity): boolean {
    return this.#held === undefined || this.#isNewer(identity, this.#held.identity)
  }

  /** Counts every refusal, and logs each only once until something else happens. */
  refuse(reason: RefusalReason, why: string): void {
    this.refusals[reason] += 1
    if (why === this.#lastLogged) return
    this.#lastLogged = why
    const kept = this.#held
      ? `revision ${this.#held.identity.revision} stays in use`
      : 'none is in use'
    console.warn(`assignments refused (${reason}), ${kept}: ${why}`)
  }

  #isNewer({ revision, digest }: Identity, used: Identity): boolean {
    if (revision > used.revision) return true
    if (revision < used.revision) {
      this.refuse('older', `revision ${revision} is older than ${used.revision}, which is in use`)
    } else if (digest !== used.digest) {
      this.refuse(
        'same-revision',
        `revision ${revision} is in use with other content: raise "revision" to ${revision + 1}`,
      )
    }
    return false
  }
}
