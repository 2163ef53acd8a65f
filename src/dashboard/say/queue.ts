// The releases that wait behind a rollout, in a sentence. Pure.

import type { ReplyOf } from '../api/client.ts'
import { toAmount, toListText } from './format.ts'
import { toReleaseName } from './sentence.ts'

type RolloutItem = ReplyOf<'GET /rollouts'>['rollouts'][number]

/** A sentence with more names is not read. */
const MAX_NAMED = 4

/** `2 releases wait behind 0.0.6: 0.0.7 and 0.0.8.` `undefined` if none waits. */
export function toQueueText(
  rollout: Pick<RolloutItem, 'flag' | 'version' | 'waiting'>,
): string | undefined {
  const { flag, waiting = [] } = rollout
  if (waiting.length === 0) return undefined
  const names = waiting.map((version) => (flag === undefined ? version : `"${version}"`))
  const named = names.length > MAX_NAMED ? names.slice(0, MAX_NAMED - 1) : names
  const rest = names.length - named.length
  const list = toListText([...named, ...(rest > 0 ? [`${rest} others`] : [])])
  const wait = names.length === 1 ? 'waits' : 'wait'
  return `${toAmount(names.length, 'release')} ${wait} behind ${toReleaseName(rollout)}: ${list}.`
}
