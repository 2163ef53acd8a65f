// The document in use, and the rule for replacing it: the new one has to be valid and have a higher
// revision. Everything that is refused is counted by reason.

import { ok, type Result } from '../core/result.ts'
import { type CompiledAssignments, compileAssignments } from '../document/compile.ts'
import type { AssignmentsDocument } from '../document/schema.ts'
import { loadEvaluator } from '../flags/evaluate.ts'
import { type CheckedMark, toCheckedForm } from './checked.ts'
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

type OfferOptions = {
  readonly called?: Identity
  readonly mark?: CheckedMark | undefined
}

type Opened = { readonly revision: number; readonly compiled: CompiledAssignments }

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
   *
   * @param mark says that the validator has accepted a text; only the same validator and the same text count.
   */
  async offer(
    text: string,
    source: DocumentSource,
    { called, mark }: OfferOptions = {},
  ): Promise<OfferResult> {
    if (text === this.#held?.text) return { identity: this.#held.identity, outcome: 'held-already' }
    const digest = await digestText(text)
    const isChecked = mark?.digest === digest && mark.form === toCheckedForm(this.#allowInsecure)
    const opened = isChecked ? await openChecked(text) : undefined
    const read = opened ? ok(opened) : await this.#validate(text)
    if (!read.ok) {
      this.refuse('invalid', `from ${source}: ${read.error}`)
      return { identity: undefined, outcome: 'refused' }
    }
    const { revision, compiled } = read.value
    const identity = { revision, digest }
    if (called && (called.digest !== identity.digest || called.revision !== revision)) {
      this.refuse('invalid', `from ${source}: the text is not that of revision ${called.revision}`)
      return { identity: undefined, outcome: 'refused' }
    }
    // Another document may have been taken while the digest was computed.
    const used = this.#held?.identity
    if (used && !this.#isNewer(identity, used)) {
      return { identity, outcome: used.digest === identity.digest ? 'held-already' : 'refused' }
    }
    this.#held = { text, identity, compiled, source, confirmedAt: NEVER, seenInKvAt: NEVER }
    this.#lastLogged = ''
    return { identity, outcome: 'taken' }
  }

  async #validate(text: string): Promise<Result<Opened, string>> {
    const { validateDocument } = await import('./validate-document.ts')
    const read = validateDocument(text, this.#allowInsecure)
    return read.ok ? ok(await open(read.value)) : read
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

/** A document that was checked; `undefined` if it cannot be compiled all the same. */
async function openChecked(text: string): Promise<Opened | undefined> {
  try {
    return await open(JSON.parse(text))
  } catch {
    return undefined
  }
}

async function open(document: AssignmentsDocument): Promise<Opened> {
  if (document.flags) await loadEvaluator()
  return { revision: document.revision, compiled: compileAssignments(document) }
}
