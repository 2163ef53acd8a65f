// The windows in which releases may go forward, as they are stored. core/window-times.ts says whether one is open. They are a
// setting of the control and no part of the document, so that a rollback does not bring old ones back.

import { isOpenAt, toWindowsText } from '../../core/window-times.ts'
import type { Windows } from '../../wire/windows.ts'
import type { Author } from '../document/change.ts'
import type { Ledger } from '../document/ledger.ts'

export type ReleaseWindowsDeps = {
  readonly sql: SqlStorage
  readonly ledger: Ledger
  readonly now: () => number
}

export class ReleaseWindows {
  readonly #parts: ReleaseWindowsDeps

  constructor(parts: ReleaseWindowsDeps) {
    this.#parts = parts
    parts.sql.exec(`CREATE TABLE IF NOT EXISTS release_windows (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      settings TEXT NOT NULL
    ) STRICT`)
  }

  /** `undefined` where releases may go forward at any time. */
  read(): Windows | undefined {
    const { sql } = this.#parts
    const [row] = [...sql.exec<{ settings: string }>('SELECT settings FROM release_windows')]
    return row && JSON.parse(row.settings)
  }

  get isOpen(): boolean {
    const settings = this.read()
    return !settings || isOpenAt(settings, this.#parts.now())
  }

  /** Why nothing goes forward now, in words; `undefined` if a window is open. */
  toText(): string | undefined {
    const settings = this.read()
    if (!settings || isOpenAt(settings, this.#parts.now())) return undefined
    return `releases go forward only ${toWindowsText(settings)}`
  }

  async write({ principal, requestId }: Author, settings: Windows, reason: string | undefined) {
    const { sql, ledger, now } = this.#parts
    const { actor, token } = principal
    const entry = {
      at: now(),
      actor,
      token,
      action: 'set-windows',
      detail: settings,
      reason,
      requestId,
    }
    await ledger.record([entry], () => {
      if (settings.windows.length === 0) sql.exec('DELETE FROM release_windows')
      else {
        sql.exec(
          'INSERT OR REPLACE INTO release_windows (id, settings) VALUES (1, ?)',
          JSON.stringify(settings),
        )
      }
    })
  }
}
