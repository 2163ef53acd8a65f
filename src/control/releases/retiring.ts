// The task that removes expired versions from the document. retention.ts decides which expire,
// collecting.ts removes them. Their files stay until `holo gc`.

import type { Author } from '../document/change.ts'
import type { Collecting } from './collecting.ts'

/** How long to wait after an attempt that removed no version although one had expired. */
const RETIRING_RETRY_MS = 60_000

/** The author in the audit log. */
const RETIRER: Author = {
  principal: { actor: 'control', token: undefined, scopes: ['admin'] },
  requestId: '',
}

export type RetiringDeps = {
  readonly collecting: Pick<Collecting, 'expiresAt' | 'retire'>
  readonly now: () => number
}

export class Retiring {
  readonly #parts: RetiringDeps
  /** The next attempt may not come before this time, because the last one removed nothing. */
  #heldUntil = 0
  #isRunning = false

  constructor(parts: RetiringDeps) {
    this.#parts = parts
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** When the next version expires; `undefined` for never, so that no alarm is set. */
  dueAt(): number | undefined {
    const { collecting, now } = this.#parts
    const expiresAt = collecting.expiresAt()
    if (expiresAt === undefined) return undefined
    const held = Math.min(this.#heldUntil, now() + RETIRING_RETRY_MS)
    return Math.max(now(), expiresAt, held)
  }

  /**
   * Commits one revision without expired versions, if any. Never throws. The caller sets the next
   * alarm.
   */
  async run(): Promise<void> {
    const { collecting, now } = this.#parts
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      const due = this.dueAt()
      if (due === undefined || due > now()) return
      const retired = await collecting.retire(RETIRER, false)
      if (retired.ok && retired.value.versions.length > 0) return
      if (!retired.ok)
        console.error('expired versions could not be removed from the document', retired.error)
    } catch (cause) {
      console.error('expired versions could not be removed from the document', cause)
    } finally {
      this.#isRunning = false
    }
    this.#heldUntil = now() + RETIRING_RETRY_MS
  }
}
