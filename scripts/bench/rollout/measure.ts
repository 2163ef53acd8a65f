// Measures one rollout, from its start until nobody gets the version any more that was rolled back.

import { setTimeout as sleep } from 'node:timers/promises'
import { Mistake } from '../../../src/local/mistake.ts'
import type { Release } from './releases.ts'
import type { Stand } from './stand.ts'
import { type Crowd, LONGEST_TAB_MS } from './visitors.ts'

const LOOK_EVERY_MS = 1000

/** The results of a rollout. Times are in seconds; `undefined` if the event did not happen. */
export type Measured = {
  readonly name: string
  readonly version: string
  /** How it ended, in words. */
  readonly phase: string
  readonly reason: string | undefined
  /** The weights in percent, and when each began. */
  readonly steps: readonly { readonly weight: number; readonly after: number }[]
  readonly took: number
  /** All visitors during the rollout, and those who got the version before the decision. */
  readonly visitors: number
  readonly exposed: number
  /** Failed calls of the version before the decision. */
  readonly failed: number
  /** From the first bad reply to the decision. */
  readonly toDecision: number | undefined
  /** From the decision to the last page, and to the last reply of any kind, of the version. */
  readonly toLastDocument: number | undefined
  readonly toLastRequest: number | undefined
  /** Whether a replay had the same result, and the number of its windows. */
  readonly replay: { readonly same: boolean; readonly windows: number }
}

/**
 * @param atMostMs after this time a rollout without a decision is aborted.
 * @throws Mistake when the time is over.
 */
export async function measureRollout(
  stand: Stand,
  crowd: Crowd,
  release: Release,
  atMostMs: number,
  say: (line: string) => void,
): Promise<Measured> {
  const { name, version } = release
  crowd.takeArrived()
  const id = await stand.startRollout(release)
  let said = ''
  const given = crowd.given(version)
  let { status, exposed, failed } = await look()
  const began = status.startedAt
  while (status.endedAt === undefined) {
    if (Date.now() - began > atMostMs) {
      throw new Mistake(`${name}: nothing decided after ${exposed} visitors, ${status.phaseText}`)
    }
    await sleep(LOOK_EVERY_MS)
    ;({ status, exposed, failed } = await look())
  }
  const endedAt = status.endedAt
  const visitors = crowd.takeArrived()
  const isBack = status.phase === 'rolledBack'
  // Visitors who still have a tab of the version close it within this time.
  if (isBack) await sleep(LONGEST_TAB_MS)
  const { transitions } = await stand.explainRollout(id)
  const { firstDocumentAt, firstCallAt, firstFailureAt } = given
  const firstReply = release.fault === 'blank' ? firstDocumentAt : firstCallAt
  const firstBad = release.slowerMs > 0 || release.fault ? firstReply : firstFailureAt
  const since = (from: number | undefined, to: number) =>
    isBack && from !== undefined ? Math.max(0, to - from) / 1000 : undefined
  const { same, windows } = await stand.replayRollout(id)
  return {
    name,
    version,
    phase: status.phaseText,
    reason: status.reason,
    steps: transitions.map(({ weight, at }) => ({ weight, after: (at - began) / 1000 })),
    took: (endedAt - began) / 1000,
    visitors,
    exposed,
    failed,
    toDecision: since(firstBad, endedAt),
    toLastDocument: since(endedAt, given.lastDocumentAt),
    toLastRequest: since(endedAt, given.lastRequestAt),
    replay: { same, windows },
  }

  async function look() {
    const status = await stand.readRollout(id)
    const seen = { status, exposed: given.visitors.size, failed: given.failed }
    const line = `${name}: ${status.phaseText}, ${seen.exposed} visitors of it`
    if (status.phaseText !== said) say(line)
    said = status.phaseText
    return seen
  }
}
