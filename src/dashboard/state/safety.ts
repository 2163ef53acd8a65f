// What holds releases now, the dialog that begins or ends a freeze, and setting windows.

import { computed, signal } from '@preact/signals'
import { type BodyOf, type CallFailure, call } from '../api/client.ts'
import { announce } from '../parts/notices.tsx'
import { type Hold, toHold } from '../say/safety.ts'
import { nowMs, readClock } from './clock.ts'
import { freezeKnown, readSafety, windowsKnown } from './site.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Windows open at whole minutes, and the next opening takes a search. */
const minute = computed(() => Math.floor(nowMs.value / MINUTE_MS))
/** Whether the end of the freeze has come; it ends at any second. */
const frozen = computed(() => {
  const freeze = freezeKnown.value.value?.freeze
  return freeze && (freeze.until ?? Number.POSITIVE_INFINITY) > nowMs.value ? freeze : undefined
})

export const hold = computed<Hold | undefined>(() =>
  toHold(frozen.value, windowsKnown.value.value, minute.value * MINUTE_MS),
)

/** How long a freeze can be told to last; none for one that somebody ends. */
export const FREEZE_LENGTHS: readonly { readonly label: string; readonly hours?: number }[] = [
  { label: 'until somebody ends it' },
  { label: '1 hour', hours: 1 },
  { label: '4 hours', hours: 4 },
  { label: '8 hours', hours: 8 },
  { label: '1 day', hours: 24 },
  { label: '3 days', hours: 72 },
  { label: '1 week', hours: 168 },
]

export type AskedFreeze = 'freeze' | 'unfreeze'

export const askedFreeze = signal<AskedFreeze | undefined>(undefined)

export function dropFreeze(): void {
  askedFreeze.value = undefined
}

/** Returns why it was refused. */
export async function runFreeze(
  asked: AskedFreeze,
  reason: string,
  hours: number | undefined,
): Promise<CallFailure | undefined> {
  const result =
    asked === 'freeze'
      ? await call('PUT /freeze', {
          body: {
            reason,
            ...(hours === undefined ? {} : { until: readClock() + hours * HOUR_MS }),
          },
        })
      : await call('DELETE /freeze', { query: reason === '' ? {} : { reason } })
  if (!result.ok) return result.error
  dropFreeze()
  const text = asked === 'freeze' ? 'Releases are frozen.' : 'The freeze has ended.'
  announce({ tone: 'good', text })
  await readSafety()
  return undefined
}

/** Sets when releases may go forward; no windows for any time. Returns why it was refused. */
export async function setWindows(
  windows: BodyOf<'PUT /windows'>,
  reason: string,
): Promise<CallFailure | undefined> {
  const query = reason === '' ? {} : { reason }
  const set = await call('PUT /windows', { body: windows, query })
  if (!set.ok) return set.error
  announce({ tone: 'good', text: 'The windows are set.' })
  await readSafety()
  return undefined
}
