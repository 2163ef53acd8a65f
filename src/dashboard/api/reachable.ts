// Whether Holo answers. The channel may be open while calls fail, and the other way round.

import { signal } from '@preact/signals'

/** When it last answered anything, a refusal included, by the clock of this machine. */
export const answeredAt = signal<number | undefined>(undefined)

/** Since when calls come to nothing, while they do. */
export const unreachableSince = signal<number | undefined>(undefined)

export function noteAnswer(): void {
  answeredAt.value = Date.now()
  unreachableSince.value = undefined
}

export function noteSilence(): void {
  unreachableSince.value ??= answeredAt.peek() ?? Date.now()
}
