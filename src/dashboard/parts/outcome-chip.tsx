// How a rollout stands, in a word.

import type { ReplyOf } from '../api/client.ts'

type RolloutItem = ReplyOf<'GET /rollouts'>['rollouts'][number]

export function OutcomeChip({
  rollout: { phase, paused },
}: {
  rollout: Pick<RolloutItem, 'phase' | 'paused'>
}) {
  if (phase === 'promoted') return <span class="chip good">promoted</span>
  if (phase === 'rolledBack') return <span class="chip bad">taken back</span>
  return paused === undefined ? (
    <span class="chip">running</span>
  ) : (
    <span class="chip warn">paused</span>
  )
}
