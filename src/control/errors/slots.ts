// Counts that forget: how often something happened in the last hour and in the last day, in slots of five minutes
// and of an hour. Pure.

const RECENT_MS = 300_000
const RECENT_SLOTS = 12
const HOUR_MS = 3_600_000
const DAY_SLOTS = 24

/** The number of a slot of time, and how often it happened in it. Slots without anything are left out. */
type Slot = readonly [slot: number, count: number]

export type SlotCounts = {
  readonly total: number
  /** Milliseconds since the epoch. */
  readonly lastAt: number
  /** Slots of five minutes, oldest first, at most twelve. */
  readonly recent: readonly Slot[]
  /** Slots of an hour, oldest first, at most 24. */
  readonly hours: readonly Slot[]
}

export const NO_COUNTS: SlotCounts = { total: 0, lastAt: 0, recent: [], hours: [] }

export function addCount(counts: SlotCounts, count: number, now: number): SlotCounts {
  return {
    total: counts.total + count,
    lastAt: Math.max(now, counts.lastAt),
    recent: addToSlots(counts.recent, Math.floor(now / RECENT_MS), count, RECENT_SLOTS),
    hours: addToSlots(counts.hours, Math.floor(now / HOUR_MS), count, DAY_SLOTS),
  }
}

/** About: to five minutes, and to an hour. */
export function readCounts({ total, recent, hours }: SlotCounts, now: number) {
  return {
    count: total,
    lastHour: sumSlots(recent, Math.floor(now / RECENT_MS) - RECENT_SLOTS),
    lastDay: sumSlots(hours, Math.floor(now / HOUR_MS) - DAY_SLOTS),
  }
}

/** Whether a stored value has the shape. */
export function isSlotCounts(value: unknown): value is SlotCounts {
  const { total, lastAt, recent, hours } = (value ?? {}) as Partial<
    Record<keyof SlotCounts, unknown>
  >
  return Number.isFinite(total) && Number.isFinite(lastAt) && isSlots(recent) && isSlots(hours)
}

/** After the clock went back, what was counted ahead of it is dropped. */
function addToSlots(
  slots: readonly Slot[],
  now: number,
  count: number,
  kept: number,
): readonly Slot[] {
  const known = slots.find(([slot]) => slot === now)?.[1] ?? 0
  return [...slots.filter(([slot]) => slot > now - kept && slot < now), [now, known + count]]
}

function sumSlots(slots: readonly Slot[], after: number): number {
  return slots.reduce((sum, [slot, count]) => (slot > after ? sum + count : sum), 0)
}

function isSlots(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((slot) => Array.isArray(slot) && slot.length === 2 && slot.every(Number.isFinite))
  )
}
