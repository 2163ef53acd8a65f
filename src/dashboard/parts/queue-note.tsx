// Which releases wait behind a rollout.

import type { ReplyOf } from '../api/client.ts'
import { toQueueText } from '../say/queue.ts'
import { Sentence } from './name.tsx'

export function QueueNote({
  rollout,
}: {
  rollout: Pick<ReplyOf<'GET /rollouts'>['rollouts'][number], 'flag' | 'version' | 'waiting'>
}) {
  const text = toQueueText(rollout)
  return text === undefined ? null : (
    <span class="warn queue">
      <Sentence>{text}</Sentence>
    </span>
  )
}
