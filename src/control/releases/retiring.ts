// Removes versions from the document that nothing needs any more, when their time is over. retention.ts
// decides which, collecting.ts removes them; their files stay until `holo gc`.

import type { Author } from '../document/change.ts'
import type { Collecting } from './collecting.ts'

/** Where no version could leave the document although one was to, the next attempt waits for so long. */
const RETIRING_RETRY_MS = 60_000

/** As whom the audit log has it. */
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
  /** Not before this, because the last attempt took nothing away. */
  #heldUntil = 0
  #isRunning = false

  constructor(parts: RetiringDeps) {
    this.#parts = parts
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** When the next version is to leave; `undefined` where none ever is, so that no alarm is set. */
  dueAt(): number | undefined {
    const { collecting, now } = this.#parts
    const expiresAt = collecting.expiresAt()
    if (expiresAt === undefined) return undefined
    const held = Math.min(this.#heldUntil, now() + RETIRING_RETRY_MS)
    return Math.max(now(), expiresAt, held)
  }

  /** One revision without what is over, if it is time. Never throws; whoever calls it arms the alarm. */
  async run(): Promise<void> {
    const { collecting, now } = this.#parts
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      const due = this.dueAt()
      if (due === undefined || due > now()) return
      const retired = await collecting.retire(RETIRER, false)
      if (retired.ok && retired.value.versions.length > 0) return
      if (!retired.ok) console.error('versions could not leave the document', retired.error)
    } catch (cause) {
      console.error('versions could not leave the document', cause)
    } finally {
      this.#isRunning = false
    }
    this.#heldUntil = now() + RETIRING_RETRY_MS
  }
}
