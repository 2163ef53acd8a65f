// The windows of the control's own counting, as the driver asks for them.

import type { ToCount } from '../../core/counting/counted.ts'
import type { Window } from '../../core/rollout/events.ts'
import type { Counting } from '../counting/counting.ts'
import type { Counting as Asked, WindowSource } from './source.ts'

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
    startCounting: ({ sinceId, ...asked }) => counting.begin(toAsked(asked), sinceId),
    startStratum: (rollout, { revision, ...stratum }) =>
      counting.beginStratum(String(rollout), { id: revision, ...stratum }),
    stopCounting: (rollout) => counting.end(String(rollout)),
  }
}

function toAsked({
  rollout,
  base: name,
  baseVersion,
  environment,
  version,
  baseline,
  ...asked
}: Omit<Asked, 'sinceId'>): ToCount {
  const base = { environment: name, version: baseVersion }
  return {
    ...asked,
    rollout: String(rollout),
    control: baseline ?? base,
    canary: { environment, version },
    ...(baseline && { base }),
  }
}

function toList(window: Window | undefined): readonly Window[] {
  return window ? [window] : []
}
