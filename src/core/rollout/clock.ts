// Observed time: what passes between two events, as far as it can be believed.

import { isRunning, type RolloutState } from './state.ts'

/** Longer than any pause between two alarms; what is beyond was not watched, so it does not count. */
const LONGEST_GAP_MS = 60_000

/**
 * Adds the time since the last event to the phase, unless it is paused, and to each metric's silence.
 * A clock that went back adds nothing, one that jumped ahead a minute at most; either way the time
 * after it counts again, so that no jump skips a gate and none keeps it shut.
 */
export function passTime(state: RolloutState, now: number): RolloutState {
  const { phase, lastNowMs, oddities, data } = state
  if (!Number.isFinite(now)) return state
  const gap = lastNowMs === null ? 0 : now - lastNowMs
  const passed = Math.min(Math.max(gap, 0), LONGEST_GAP_MS)
  const counted = isRunning(phase) && phase.paused === null ? passed : 0
  return {
    ...state,
    lastNowMs: now,
    phase: isRunning(phase) ? { ...phase, elapsedMs: phase.elapsedMs + counted } : phase,
    data: {
      ...data,
      metrics: data.metrics.map((seen) => ({ ...seen, silentMs: seen.silentMs + passed })),
    },
    oddities: {
      ...oddities,
      gaps: oddities.gaps + (gap > LONGEST_GAP_MS ? 1 : 0),
      clockWentBack: oddities.clockWentBack + (gap < 0 ? 1 : 0),
    },
  }
}
