// How closely a rollout has to be looked at. When somebody acts on it, or changes what it rests on, it
// hears of that anyway; how far apart looks are is the control's affair.

import { toGate } from './gate.ts'
import { isRunning, type RolloutState } from './state.ts'

/**
 * `each-window`: the next window may open the gate, or take the release back. `each-minute`: time alone
 * does something, or nobody has come for a while. `rarely`: nothing can come of a look.
 */
export type Attention = 'each-window' | 'each-minute' | 'rarely'

/** Observed time without a word from both sides after which nobody is expected at the next window. */
const QUIET_MS = 60_000

/**
 * Only one that waits for somebody's word gets less than all: it is paused, or its gate is manual. Evidence
 * takes back such a release too, so that it matters whether there are visitors.
 */
export function decideAttention(state: RolloutState): Attention {
  const { phase, weight, data } = state
  if (!isRunning(phase)) return 'rarely'
  const { gate, minMs, maxMs } = toGate(state, phase)
  if (phase.paused === null && gate !== 'manual') return 'each-window'
  const isSeen = weight > 0
  if (isSeen && data.metrics.some(({ silentMs }) => silentMs <= QUIET_MS)) return 'each-window'
  const isTimed = phase.elapsedMs < minMs || (maxMs !== null && !phase.held)
  return isSeen || (isTimed && phase.paused === null) ? 'each-minute' : 'rarely'
}
