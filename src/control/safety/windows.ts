// The windows in which releases may go forward, as they are stored. core/window-times.ts says whether one is open. They are a
// setting of the control and no part of the document, so that a rollback does not bring old ones back.

import { findNextOpening, isOpenAt, toWindowsText, toZoneText } from '../../core/window-times.ts'
import type { Windows, WindowsReply } from '../../wire/windows.ts'
import type { Author } from '../document/change.ts'
import type { Ledger } from '../document/ledger.ts'
import type { Outbox } from '../outbox.ts'

export type ReleaseWindowsDeps = {
  readonly sql: SqlStorage
  readonly ledger: Ledger
  readonly outbox: Outbox
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

  /** The settings, whether a window is open, and when the next one opens if none is. */
  report(): WindowsReply {
    const settings = this.read()
    const at = this.#parts.now()
    if (!settings || isOpenAt(settings, at)) return { windows: [], ...settings, open: true }
    return { ...settings, open: false, opensAt: findNextOpening(settings, at) }
  }

  /** Why nothing goes forward now, in words; `undefined` if a window is open. */
  toText(): string | undefined {
    const settings = this.read()
    const at = this.#parts.now()
    if (!settings || isOpenAt(settings, at)) return undefined
    const opensAt = findNextOpening(settings, at)
    const next = opensAt === undefined ? '' : `: next on ${toZoneText(settings.zone, opensAt)}`
    return `releases go forward only ${toWindowsText(settings)}${next}`
  }

  async write({ principal, requestId }: Author, settings: Windows, reason: string | undefined) {
    const { sql, ledger, outbox, now } = this.#parts
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
      outbox.add({
        kind: 'windows.set',
        by: actor,
        ...(settings.windows.length === 0 ? {} : { windows: toWindowsText(settings) }),
        ...(reason === undefined ? {} : { reason }),
      })
    })
  }
}
