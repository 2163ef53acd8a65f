// The windows of the control's own counting, as the driver asks for them.

import type { Window } from '../../core/rollout/events.ts'
import type { Counting } from '../counting/counting.ts'
import type { WindowSource } from './source.ts'

type Counts = Pick<
  Counting,
  'nextWindow' | 'peekWindow' | 'store' | 'confirm' | 'begin' | 'beginStratum' | 'end'
>

export function createCountingSource(counting: Counts): WindowSource {
  return {
    nextWindows: (rollout, sinceId) => toList(counting.nextWindow(String(rollout), sinceId)),
    peekWindows: (rollout, sinceId) => toList(counting.peekWindow(String(rollout), sinceId)),
    store: (rollout, id) => counting.store(String(rollout), id),
    confirm: (rollout) => counting.confirm(String(rollout)),
    startCounting: ({ rollout, sinceId, base, baseVersion, environment, version, ...asked }) =>
      counting.begin(
        {
          ...asked,
          rollout: String(rollout),
          control: { environment: base, version: baseVersion },
          canary: { environment, version },
        },
        sinceId,
      ),
    startStratum: (rollout, { revision, shares }) =>
      counting.beginStratum(String(rollout), { id: revision, shares }),
    stopCounting: (rollout) => counting.end(String(rollout)),
  }
}

function toList(window: Window | undefined): readonly Window[] {
  return window ? [window] : []
}
