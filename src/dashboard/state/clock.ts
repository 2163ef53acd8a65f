// The time as the page shows it. It ticks once a second, and not while nobody looks.

import { signal } from '@preact/signals'

const TICK_MS = 1000

export const nowMs = signal(Date.now())

export function startClock(): () => void {
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') nowMs.value = Date.now()
  }, TICK_MS)
  return () => clearInterval(timer)
}
