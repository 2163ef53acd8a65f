// The windows of the control's own counting, as the driver asks for them.

import type { Counting } from '../counting/counting.ts'
import type { WindowSource } from './source.ts'

type Counts = Pick<Counting, 'closedWindows' | 'begin' | 'beginStratum' | 'end'>

export function createCountingSource(counting: Counts): WindowSource {
  return {
    closedWindows: (rollout, sinceId) => counting.closedWindows(String(rollout), sinceId),
    startCounting: ({ rollout, generation, base, baseVersion, environment, version }) =>
      counting.begin({
        rollout: String(rollout),
        generation,
        control: { environment: base, version: baseVersion },
        canary: { environment, version },
      }),
    startStratum: (rollout, { revision, shares }) =>
      counting.beginStratum(String(rollout), { id: revision, shares }),
    stopCounting: (rollout) => counting.end(String(rollout)),
  }
}
