// The time as the page shows it: that of Holo, whatever the clock of this machine says. It ticks once a second, and
// not while nobody looks.

import { signal } from '@preact/signals'

const TICK_MS = 1000
/** A tick that comes so late means that the machine has slept, or that its clock was set. */
const JUMP_MS = 10_000

/** By how much the clock of Holo is ahead of the one here. */
let aheadMs = 0

export const nowMs = signal(Date.now())

/** Grows when the machine has slept or its clock was set: connections may be gone, and what was read is old. */
export const clockJumps = signal(0)

/** The time at Holo. Everything that it tells is of this clock. */
export function readClock(): number {
  return Date.now() + aheadMs
}

/** @param now the time at Holo, which has just been told. */
export function setClock(now: number): void {
  aheadMs = now - Date.now()
  nowMs.value = now
}

/** A reply says its time in whole seconds, and was on its way for a moment. */
const DATE_TOLERANCE_MS = 5_000

/** @param date the header `Date` of a reply. */
export function followDate(date: string | null): void {
  const at = date === null ? Number.NaN : Date.parse(date)
  if (Math.abs(at - readClock()) > DATE_TOLERANCE_MS) setClock(at)
}

export function startClock(): () => void {
  let last = Date.now()
  const timer = setInterval(() => {
    const now = Date.now()
    const isJump = Math.abs(now - last - TICK_MS) > JUMP_MS
    last = now
    if (document.visibilityState !== 'visible') return
    nowMs.value = readClock()
    if (isJump) clockJumps.value++
  }, TICK_MS)
  return () => clearInterval(timer)
}
