// When releases may go forward, in the zone of the windows and in that of the reader, and the dialog that changes it.

import { type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ReleaseTimes } from '../../core/window-times.ts'
import { WEEKDAYS } from '../../core/window-times.ts'
import type { CallFailure, ReplyOf } from '../api/client.ts'
import {
  DAY_NAMES,
  findWindowsFault,
  isZone,
  type ReleaseWindow,
  toAheadMinutes,
  toDaysText,
  toEffectText,
  toReaderText,
} from '../say/windows.ts'
import { nowMs } from '../state/clock.ts'
import { setWindows } from '../state/safety.ts'
import { readSafety } from '../state/site.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { ReasonField } from './reason-field.tsx'
import { FailureBox } from './state.tsx'

type ReadWindows = ReplyOf<'GET /windows'>

const readerZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone

export function WindowsPart({ known }: { known: ReadWindows }) {
  const isOpen = useSignal(false)
  // No event tells that somebody else has set them.
  useEffect(() => {
    readSafety()
  }, [])
  const { zone, windows } = known
  return (
    <section class="sheet padded windows" aria-labelledby="windows-heading">
      <header class="sheet-head">
        <h2 id="windows-heading">When releases may go forward</h2>
        <Button
          scope="shift"
          label="Change when releases may go forward"
          onClick={() => {
            isOpen.value = true
          }}
        >
          Change
        </Button>
      </header>
      {zone === undefined || windows.length === 0 ? (
        <p>At any time. In windows, they go forward only while somebody is there.</p>
      ) : (
        <WindowLines times={{ zone, windows }} />
      )}
      {isOpen.value ? (
        <WindowsDialog
          known={known}
          onClose={() => {
            isOpen.value = false
          }}
        />
      ) : null}
    </section>
  )
}

function WindowLines({ times: { zone, windows } }: { times: ReleaseTimes }) {
  const ahead = isZone(zone) ? toAheadMinutes(readerZone(), zone, nowMs.value) : 0
  return (
    <ul class="window-lines">
      {windows.map((window) => (
        <li key={JSON.stringify(window)}>
          {toDaysText(window.days)}{' '}
          <span class="num">
            {window.from}–{window.to}
          </span>{' '}
          <span class="quiet">
            <bdi>{zone}</bdi>
            {ahead === 0 ? null : ` · ${toReaderText(window, ahead)}`}
          </span>
        </li>
      ))}
    </ul>
  )
}

type Row = ReleaseWindow & { readonly id: number }

const NEW_WINDOW: ReleaseWindow = {
  ...{ days: ['mon', 'tue', 'wed', 'thu'], from: '09:00', to: '16:00' },
}

function WindowsDialog({ known, onClose }: { known: ReadWindows; onClose: () => void }) {
  const zone = useSignal(known.zone ?? readerZone())
  const rows = useSignal<readonly Row[]>(known.windows.map((window, id) => ({ ...window, id })))
  const reason = useSignal('')
  const failure = useSignal<CallFailure | undefined>(undefined)
  const isRunning = useSignal(false)
  const times = {
    zone: zone.value.trim(),
    windows: rows.value.map(({ id: _, ...window }) => window),
  }
  const fault = findWindowsFault(times)
  const run = async () => {
    isRunning.value = true
    failure.value = await setWindows(times, reason.value)
    isRunning.value = false
    if (!failure.value) onClose()
  }
  const ahead = fault === undefined ? toAheadMinutes(readerZone(), times.zone, nowMs.value) : 0
  return (
    <Dialog title="When releases may go forward" size="wide" onClose={onClose}>
      <p>
        Outside of these times nothing goes forward, as in a freeze; taking a release back always
        works.
      </p>
      {failure.value ? <FailureBox failure={failure.value} /> : null}
      {rows.value.length === 0 ? null : (
        <label class="field">
          <span>
            Zone <small>in which the times are meant; yours is {readerZone()}</small>
          </span>
          <input
            type="text"
            list="zones"
            maxLength={64}
            spellcheck={false}
            autocomplete="off"
            value={zone.value}
            onInput={(event) => {
              zone.value = event.currentTarget.value
            }}
          />
        </label>
      )}
      <datalist id="zones">
        {['UTC', ...Intl.supportedValuesOf('timeZone')].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <ul class="window-rows">
        {rows.value.map((row, i) => (
          <li key={row.id}>
            <WindowFields row={row} number={i + 1} rows={rows} ahead={ahead} />
          </li>
        ))}
      </ul>
      <div>
        <Button
          onClick={() => {
            const id = Math.max(-1, ...rows.value.map((row) => row.id)) + 1
            rows.value = [...rows.value, { ...NEW_WINDOW, id }]
          }}
        >
          Add a window
        </Button>
      </div>
      <p class={fault === undefined ? 'strong' : 'fault'} role="status">
        <bdi>{fault ?? toEffectText(times, nowMs.value)}</bdi>
      </p>
      <ReasonField reason={reason} />
      <footer class="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="main"
          scope="shift"
          isBusy={isRunning.value}
          isOff={fault !== undefined}
          onClick={run}
        >
          {isRunning.value ? 'Working…' : 'Set them'}
        </Button>
      </footer>
    </Dialog>
  )
}

function WindowFields({
  row,
  number,
  rows,
  ahead,
}: {
  row: Row
  number: number
  rows: Signal<readonly Row[]>
  ahead: number
}) {
  const change = (fields: Partial<ReleaseWindow>) => {
    rows.value = rows.value.map((one) => (one.id === row.id ? { ...one, ...fields } : one))
  }
  const time = (field: 'from' | 'to', label: string) => (
    <input
      type="text"
      class="num"
      size={5}
      maxLength={5}
      aria-label={`${label} of window ${number}`}
      value={row[field]}
      onInput={(event) => change({ [field]: event.currentTarget.value })}
    />
  )
  return (
    <fieldset class="window-row">
      <legend class="unseen">Window {number}</legend>
      <div class="window-days">
        {WEEKDAYS.map((day) => (
          <label key={day} class="check">
            <input
              type="checkbox"
              checked={row.days.includes(day)}
              onChange={(event) => {
                const isOn = event.currentTarget.checked
                // In the order of the week.
                const days = WEEKDAYS.filter((one) => (one === day ? isOn : row.days.includes(one)))
                change({ days })
              }}
            />
            {DAY_NAMES[day]}
          </label>
        ))}
      </div>
      <div class="window-times">
        {time('from', 'Beginning')} to {time('to', 'End')}
        <Button
          kind="quiet"
          label={`Remove window ${number}`}
          onClick={() => {
            rows.value = rows.value.filter(({ id }) => id !== row.id)
          }}
        >
          Remove
        </Button>
      </div>
      {ahead === 0 ? null : <p class="quiet small">{toReaderText(row, ahead)}</p>}
    </fieldset>
  )
}
