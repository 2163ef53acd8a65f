// Observed time: what passes between two events, as far as it can be believed.

import { decideAttention } from './attention.ts'
import { isRunning, type RolloutState } from './state.ts'

/** Longer than any pause between two looks; what is beyond was not watched, so it does not count. */
const LONGEST_GAP_MS = 60_000

/**
 * Adds the time since the last event to the phase, unless it is paused, and to each metric's silence.
 * A clock that went back adds nothing, one that jumped ahead a minute at most; either way the time
 * after it counts again, so that no jump skips a gate and none keeps it shut. Where no gate waits for
 * time, there is nothing to watch, and all of it counts.
 */
export function passTime(state: RolloutState, now: number): RolloutState {
  const { phase, lastNowMs, oddities, data } = state
  if (!Number.isFinite(now)) return state
  const gap = lastNowMs === null ? 0 : now - lastNowMs
  const longest = decideAttention(state) === 'rarely' ? Number.POSITIVE_INFINITY : LONGEST_GAP_MS
  const passed = Math.min(Math.max(gap, 0), longest)
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
      gaps: oddities.gaps + (gap > longest ? 1 : 0),
      clockWentBack: oddities.clockWentBack + (gap < 0 ? 1 : 0),
    },
  }
}
