// Whether Holo answers. The channel may be open while calls fail, and the other way round.

import { signal } from '@preact/signals'
import { readClock } from '../state/clock.ts'

/** When it last answered anything, a refusal included, by the clock of Holo. */
export const answeredAt = signal<number | undefined>(undefined)

/** Since when calls come to nothing, while they do. */
export const unreachableSince = signal<number | undefined>(undefined)

export function noteAnswer(): void {
  answeredAt.value = readClock()
  unreachableSince.value = undefined
}

export function noteSilence(): void {
  unreachableSince.value ??= answeredAt.peek() ?? readClock()
}
