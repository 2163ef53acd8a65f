// The windows in which releases may go forward: stored, and whether one is open at a time. They are a
// setting of the control and no part of the document, so that a rollback does not bring old ones back.

import { WEEKDAYS, type Windows } from '../../wire/windows.ts'
import type { Author } from '../document/change.ts'
import type { Ledger } from '../document/ledger.ts'

const DAY_MINUTES = 1440

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

/**
 * Whether a window is open. What counts is what clocks in the zone show: of a window in an hour that a
 * summer time skips, only the part that clocks show is open; in an hour that comes twice, it is open twice.
 */
export function isOpenAt({ zone, windows }: Windows, at: number): boolean {
  const { day, minute } = toLocal(zone, at)
  return windows.some(({ days, from, to }) => {
    const [begin, end] = [toMinute(from), toMinute(to)]
    const isOn = (index: number) => days.some((name) => name === WEEKDAYS[(index + 7) % 7])
    if (begin < end) return isOn(day) && minute >= begin && minute < end
    return (isOn(day) && minute >= begin) || (isOn(day - 1) && minute < end)
  })
}

/** The day of the week, from Monday as 0, and the minute of the day. */
function toLocal(zone: string, at: number): { readonly day: number; readonly minute: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatToParts(at)
  const find = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  const day = WEEKDAYS.indexOf(find('weekday').toLowerCase() as (typeof WEEKDAYS)[number])
  return { day, minute: (Number(find('hour')) * 60 + Number(find('minute'))) % DAY_MINUTES }
}

function toMinute(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return hours * 60 + minutes
}

/** As in `mon tue 09:00-17:00, fri 09:00-12:00 (Europe/Berlin)`. */
export function toWindowsText({ zone, windows }: Windows): string {
  const texts = windows.map(({ days, from, to }) => `${days.join(' ')} ${from}-${to}`)
  return `${texts.join(', ')} (${zone})`
}
